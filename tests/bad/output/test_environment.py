"""Odd machines and bad moments: the earlier output stays whole, the exit code says what happened."""

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import trialkit.output
from trialkit.cli import main
from trialkit.publish import hashes

BASE = Path(__file__).parents[1] / "base"
COMMAND = [sys.executable, "-W", "error", "-c", "from trialkit.cli import main; main()"]


@pytest.fixture
def study(tmp_path):
    shutil.copytree(BASE, tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture
def tool(study, monkeypatch, capsys):
    """Run the command line on the study in this process; give exit code and messages."""

    def run(*more, out="out"):
        folders = ["--raw", study / "raw", "--out", study.parent / out, "--datasets", "CM"]
        monkeypatch.setattr(sys, "argv", ["trialkit", "sdtm", *map(str, [study, *folders, *more])])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, capsys.readouterr().err

    return run


@pytest.fixture
def built(study, tool):
    """A build that is there already, and what it holds."""
    assert tool()[0] == 0
    return study.parent / "out", hashes(study.parent / "out")


def shell(study, *more, prefix=(), out="out", **options):
    args = ["sdtm", study, "--raw", study / "raw", "--out", study.parent / out, "--datasets", "CM", *more]
    options = {"capture_output": True, "text": True, "timeout": 120, **options}
    return subprocess.run([*prefix, *COMMAND, *map(str, args)], check=False, **options)


def spoil(study):
    """Make a run fail for a reason in the data."""
    path = study / "raw" / "meds.csv"
    path.write_text(path.read_text().replace("2023-01-15", "2023-02-30"))


def rest(out):
    """Name what a run that ended badly left beside its folders."""
    return sorted(path.name for path in out.rglob(".*"))


@pytest.mark.proves("TK-WHOLE-1")
def test_a_failed_run_leaves_the_earlier_output_byte_by_byte(study, tool, built):
    out, before = built
    spoil(study)
    code, messages = tool()
    assert code == 1
    assert f"nothing was published, report in {out}/failed/run.html" in messages
    now = hashes(out)
    assert {name: code for name, code in now.items() if not name.startswith("failed/")} == before
    assert rest(out) == []


def test_a_run_whose_specs_are_bad_changes_nothing_at_all(study, tool, built):
    out, before = built
    (study / "sdtm" / "cm.yaml").write_text("dataset: [")
    assert tool()[0] == 2
    assert hashes(out) == before


def test_two_runs_at_once(tool, built):
    out, before = built
    with (out / ".sdtm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        code, messages = tool()
    assert code == 2
    assert "PUB-001 sdtm process 4711 is writing it. Wait until it ends, then run again." in messages
    assert {
        name: code for name, code in hashes(out).items() if not name.startswith((".", "failed/"))
    } == before


def test_output_folder_of_somebody_else(study, tool):
    (study.parent / "out" / "sdtm").mkdir(parents=True)
    (study.parent / "out" / "sdtm" / "cm.xpt").write_text("precious")
    code, messages = tool()
    assert code == 2
    said = "PUB-002 sdtm it has files but no manifest.json of this toolkit. Give another folder, or empty"
    assert said in messages
    assert (study.parent / "out" / "sdtm" / "cm.xpt").read_text() == "precious"


def test_output_folder_is_a_file(study, tool):
    (study.parent / "out").write_text("x")
    code, messages = tool()
    assert code == 2
    assert "Directory" in messages
    assert (study.parent / "out").read_text() == "x"


def test_the_disk_is_full(study, tool, built):
    out, before = built
    limit = 2000  # bytes; every XPT is longer

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    shutil.copytree(out, study.parent / "part")
    shutil.rmtree(study.parent / "part" / "reports")  # so that a part may take its place
    done = shell(study, preexec_fn=full, out="part")
    assert done.returncode == 2
    assert "error PUB-003 reports file too large" in done.stderr
    assert "the earlier output is as it was" in done.stderr
    old = {name: code for name, code in before.items() if not name.startswith("reports/")}
    assert {name: code for name, code in hashes(study.parent / "part").items() if name in old} == old
    assert rest(study.parent / "part") == []


def refused(error):
    def write(*_, **__):
        raise error

    return write


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), 2, "error ENV-002 memory ran out. Build fewer datasets at once with --datasets"),
        (
            OSError(28, "No space left on device", "x/cm.xpt"),
            2,
            "error PUB-003 reports no space left on the device: cm.xpt. Free space",
        ),
        (
            OSError(121, "Remote I/O error", "x/cm.xpt"),
            2,
            "error ENV-003 remote i/o error: cm.xpt. Check path",
        ),
        (
            KeyboardInterrupt(),
            2,
            "stopped; run it again: a folder of outputs is published whole or not at all",
        ),
        (RecursionError("subject 001"), 3, "error BUG-001 RecursionError at test_environment.py:"),
        (ValueError("subject 001 has HEADACHE"), 3, "error BUG-001 ValueError at test_environment.py:"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_ends_a_run_the_earlier_output_stays(error, code, said, tool, built, monkeypatch, tmp_path):
    out, before = built
    monkeypatch.setattr(trialkit.output, "write_xpt", refused(error))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended, messages = tool()
    assert ended == code
    assert said in messages
    assert "Traceback" not in messages
    assert {name: code for name, code in hashes(out).items() if not name.startswith("failed/")} == before
    assert rest(out) == []
    assert "HEADACHE" not in messages


@pytest.mark.proves("TK-LOG-1")
def test_a_bug_leaves_its_steps_in_a_file_without_any_value(tool, built, monkeypatch, tmp_path):
    monkeypatch.setattr(trialkit.output, "write_xpt", refused(ValueError("subject 001 has HEADACHE")))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    messages = tool()[1]
    [steps] = tmp_path.glob("trialkit-*.txt")
    where = f"the steps are in {steps}. Report it with that file; TRIALKIT_DEBUG=1 shows all of it here."
    assert messages.startswith("error BUG-001 ValueError at test_environment.py:")
    assert messages.endswith(f"; {where}\n")
    assert messages.count("\n") == 1
    assert "in write" in steps.read_text()
    assert "ValueError" in steps.read_text()
    assert "HEADACHE" not in steps.read_text()
    assert steps.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("why", ["asked for", "no room for a file"])
def test_a_bug_shows_its_steps(why, tool, built, monkeypatch, tmp_path):
    monkeypatch.setattr(trialkit.output, "write_xpt", refused(ValueError("subject 001 has HEADACHE")))
    if why == "asked for":
        monkeypatch.setenv("TRIALKIT_DEBUG", "1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    code, messages = tool()
    assert code == 3
    assert "Traceback" in messages
    assert "the steps are in the lines above" in messages


KILLED = """
import os, signal, sys
import trialkit.output
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
first = trialkit.output.write_xpt
def write(path, *args, **options):
    first(path, *args, **options)
    if path.name == "cm.xpt":
        os.kill(os.getpid(), signal.{name})
trialkit.output.write_xpt = write
from trialkit.cli import main
main()
"""


@pytest.mark.proves("TK-WHOLE-1")
@pytest.mark.parametrize(("name", "code"), [("SIGKILL", -9), ("SIGINT", 2)])
def test_killed_during_the_write(name, code, study, tool, built):
    out, before = built
    spec = study / "sdtm" / "cm.yaml"
    spec.write_text(spec.read_text().replace("CMTRT: DRUG", "CMTRT: {lower: DRUG}"))
    args = [
        sys.executable,
        "-c",
        KILLED.format(name=name),
        "sdtm",
        study,
        "--raw",
        study / "raw",
        "--out",
        out,
    ]
    done = subprocess.run(args, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    left = {name: code for name, code in hashes(out).items() if not name.startswith(".")}
    assert {name: code for name, code in left.items() if "/." not in name} == before
    assert tool()[0] == 0
    assert rest(out) == []
    assert hashes(out)["sdtm/cm.json"] != before["sdtm/cm.json"]


def test_a_worker_that_dies(study, tool, monkeypatch):
    monkeypatch.setattr("trialkit.run.build", lambda *_: os._exit(9))
    # two datasets that don't need each other are built by two processes
    path = study / "sdtm" / "cm.yaml"
    path.write_text(
        path.read_text().replace("  CMSTDY: {study_day: CMSTDTC}\n  CMENDY: {study_day: CMENDTC}\n", "")
    )
    code, messages = tool("--workers", "2", "--datasets", "CM,VS")
    assert code == 2
    assert "error ENV-002 a worker process died, as it does without memory." in messages
    assert not (study.parent / "out").exists()


@pytest.mark.proves("TK-SAME-1")
def test_an_odd_machine_makes_the_same_bytes(study, tool, tmp_path):
    assert tool()[0] == 0
    odd = tmp_path / "a b\u4e2d\u6587 [x]"
    shutil.copytree(study, odd / "study")
    (tmp_path / "here").mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "POSIX",
        "PYTHONIOENCODING": "ascii",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Asia/Kathmandu",
        "PYTHONHASHSEED": "7",
        "HOME": "/nonexistent",
    }
    mask = os.umask(0o077)
    try:
        done = shell(odd / "study", env=env, cwd=tmp_path / "here")
    finally:
        os.umask(mask)
    assert done.returncode == 0, done.stderr
    assert hashes(odd / "out") == hashes(tmp_path / "out")
    assert list((tmp_path / "here").iterdir()) == []
    assert "0 errors, 0 queries; datasets in" in done.stderr


def test_a_name_that_the_locale_cannot_write(study):
    shutil.move(study / "raw" / "subjects.csv", study / "raw" / "\u53d7\u8bd5\u8005.csv")
    path = study / "study.yaml"
    path.write_text(path.read_text().replace("subjects.csv", "\u53d7\u8bd5\u8005.csv"), "utf-8")
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell(study, env=env)
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr
    assert "BUG" not in done.stderr


def test_a_reader_that_goes_away(study):
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&1 | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}', "-", *COMMAND, "rules"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")
    args = ["sdtm", study, "--raw", study / "raw", "--out", study.parent / "out", "--datasets", "CM"]
    words = ["bash", "-c", '"$@" 2>&1 | true; echo ${PIPESTATUS[0]}', "-", *COMMAND, *map(str, args)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert (study.parent / "out" / "sdtm" / "cm.xpt").exists()


def test_closed_streams(study):
    args = ["sdtm", study, "--raw", study / "raw", "--out", study.parent / "out", "--datasets", "CM"]
    done = subprocess.run(["bash", "-c", '"$@" <&- >&- 2>&-', "-", *COMMAND, *map(str, args)], check=False)
    assert done.returncode == 0
    assert (study.parent / "out" / "sdtm" / "cm.xpt").exists()


UNPRIVILEGED = """
import os, sys
from trialkit.cli import main
argv = sys.argv
sys.argv = [*argv[:-1], argv[-1] + "2"]  # a run that loads all modules, which are closed to others
try: main()
except SystemExit: pass
sys.argv = argv
os.setgroups([]); os.setgid(65534); os.setuid(65534)
main()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="gives up the rights of root")
@pytest.mark.parametrize("where", ["output", "raw file"])
def test_without_the_rights(where, study, tool, built):
    out, before = built
    for path in [study.parent, *study.parent.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    for above in study.parents:
        if above != Path("/tmp") and above.is_relative_to("/tmp"):
            above.chmod(0o755)
    if where == "raw file":
        (study / "raw" / "subjects.csv").chmod(0)
    args = [
        sys.executable,
        "-c",
        UNPRIVILEGED,
        "sdtm",
        study,
        "--raw",
        study / "raw",
        "--datasets",
        "CM",
        "--out",
        out,
    ]
    done = subprocess.run(args, check=False, capture_output=True, text=True, timeout=120)
    said = {
        "output": "error PUB-003 failed permission denied",
        "raw file": "error RAW-003 subjects.csv (study.yaml:6:27) raw file 'subjects.csv': permission denied",
    }
    assert done.returncode == 2, done.stderr
    assert said[where] in done.stderr
    assert "Traceback" not in done.stderr
    assert hashes(out) == before


def test_a_link_to_the_output_is_followed(study, tool, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    assert tool()[0] == 0
    assert (tmp_path / "real" / "sdtm" / "cm.xpt").exists()
    assert (tmp_path / "out").is_symlink()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")
@pytest.mark.parametrize(("more", "code"), [((), 0), (("--nonsense",), 2), (("--datasets", "NO"), 2)])
def test_messages_that_find_no_room_change_no_exit_code(study, more, code):
    with Path("/dev/full").open("w") as full:
        done = shell(study, *more, capture_output=False, stdout=subprocess.DEVNULL, stderr=full)
    assert done.returncode == code
