"""Publishing: complete or not at all, whatever happens at whatever moment."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trialkit import publish
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.publish import hashes, publishing, read_manifest, write_manifest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "build" / "sdtm"


def fill(staging, text):
    (staging / "sub").mkdir()
    (staging / "dm.xpt").write_text(text, encoding="utf-8")
    (staging / "sub" / "ae.xpt").write_text(text, encoding="utf-8")
    write_manifest(staging, {"study": "S1"})


def run(out, text="new", **options):
    with publishing(out, **options) as staging:
        fill(staging, text)


def fail(out, error):
    with publishing(out) as staging:
        fill(staging, "two")
        raise error


def fill_up(out):
    with publishing(out) as staging:
        (staging / "dm.xpt").symlink_to("/dev/full")
        (staging / "dm.xpt").write_text("x" * 10, encoding="utf-8")


def state(out):
    return (out / "dm.xpt").read_text("utf-8"), (out / "sub" / "ae.xpt").read_text("utf-8")


def only(out):
    """Whether nothing but the output is left."""
    return [path.name for path in out.parent.iterdir()] == [out.name]


def test_publishes_again_and_again(out):
    for text in ("one", "two", "three"):
        run(out, text)
        assert state(out) == (text, text)
        assert only(out)


def test_an_empty_folder_is_taken(out):
    out.mkdir(parents=True)
    run(out)
    assert state(out) == ("new", "new")


def test_the_same_files_give_the_same_manifest(out, tmp_path):
    run(out)
    run(tmp_path / "elsewhere")
    assert (out / "manifest.json").read_bytes() == (tmp_path / "elsewhere" / "manifest.json").read_bytes()
    assert read_manifest(out)["outputs"] == hashes(out)
    assert list(hashes(out)) == ["dm.xpt", "sub/ae.xpt"]


def test_logs_survive_and_are_not_hashed(out):
    run(out, "one")
    (out / "log").mkdir()
    (out / "log" / "first.txt").write_text("first", encoding="utf-8")
    (out / "log" / "last.txt").write_text("old", encoding="utf-8")
    before = read_manifest(out)
    with publishing(out) as staging:
        (staging / "log").mkdir()
        (staging / "log" / "last.txt").write_text("new", encoding="utf-8")
        fill(staging, "one")
    assert read_manifest(out) == before
    logs = {path.name: path.read_text("utf-8") for path in (out / "log").iterdir()}
    assert logs == {"first.txt": "first", "last.txt": "new"}


def test_a_folder_with_only_logs_is_taken(out):
    (out / "log").mkdir(parents=True)
    (out / "log" / "run.txt").write_text("x", encoding="utf-8")
    run(out)
    assert (out / "log" / "run.txt").exists()


@pytest.mark.proves("TK-WHOLE-1")
@pytest.mark.parametrize(
    "error", [KeyError("bug"), KeyboardInterrupt(), FileNotFoundError(errno.ENOENT, "x")]
)
def test_a_failed_run_changes_nothing(out, error):
    run(out, "one")
    with pytest.raises(type(error)):
        fail(out, error)
    assert state(out) == ("one", "one")
    assert only(out)


def test_verification_stops_publishing(out):
    run(out, "one")
    kind = Kind("A-1", "differs", "look")
    with pytest.raises(Refusal) as raised:
        run(out, "two", verify=lambda folder: [Problem(kind, (folder / "dm.xpt").read_text("utf-8"))])
    assert raised.value.problems[0].what == "two"
    assert state(out) == ("one", "one")
    query = Kind("A-2", "odd", "ask", severity="query")
    run(out, "three", verify=lambda _: [Problem(query, "odd")])
    assert state(out) == ("three", "three")


def test_a_manifest_is_needed(out):
    with pytest.raises(RuntimeError, match=r"no manifest\.json was written for sdtm"), publishing(out):
        pass
    assert not out.exists()


FOREIGN = (
    "error PUB-002 sdtm it has files but no manifest.json of this toolkit. "
    "Give another folder, or empty this one yourself."
)


@pytest.mark.parametrize("manifest", [None, "", "[]", '{"made_by": "somebody"}', "\udcff"])
def test_foreign_folders_are_left_alone(out, manifest):
    out.mkdir(parents=True)
    (out / "thesis.txt").write_text("x", encoding="utf-8")
    if manifest is not None:
        (out / "manifest.json").write_bytes(manifest.encode("utf-8", "surrogateescape"))
    with pytest.raises(Refusal) as raised:
        run(out)
    assert [problem.line() for problem in raised.value.problems] == [FOREIGN]
    assert raised.value.problems[0].kind.exit == Exit.SPEC
    assert (out / "thesis.txt").exists()
    assert only(out)


def test_a_file_in_the_way(out):
    out.parent.mkdir()
    out.write_text("x", encoding="utf-8")
    with pytest.raises(Refusal) as raised:
        run(out)
    assert raised.value.problems[0].line().startswith("error PUB-002 sdtm it is a file. ")
    assert out.read_text("utf-8") == "x"


def test_the_root_folder():
    with pytest.raises(Refusal, match="PUB-002 it is the root folder"):
        run(Path("/"))


def test_a_parent_that_is_a_file(out):
    out.parent.write_text("x", encoding="utf-8")
    with pytest.raises(Refusal) as raised:
        run(out)
    assert raised.value.problems[0].what == "a part of the path is a file: build"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no space left on the device: dm.xpt"),
        (errno.EROFS, "read-only file system: dm.xpt"),
        (errno.EACCES, "permission denied: dm.xpt"),
        (errno.EDQUOT, "quota exceeded: dm.xpt"),
    ],
)
def test_the_environment_fails(out, number, said):
    run(out, "one")
    with pytest.raises(Refusal) as raised:
        fail(out, OSError(number, os.strerror(number), str(out / "dm.xpt")))
    (problem,) = raised.value.problems
    assert (problem.kind.code, problem.kind.exit, problem.what) == ("PUB-003", Exit.SPEC, said)
    assert state(out) == ("one", "one")
    assert only(out)


def test_the_disk_is_really_full(out):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(Refusal) as raised:
        fill_up(out)
    assert raised.value.problems[0].line() == (
        "error PUB-003 sdtm no space left on the device. "
        "Free space or get the permission, then run again; the earlier output is as it was."
    )


def test_two_runs_at_once(out):
    run(out, "one")
    with publishing(out) as staging:
        with pytest.raises(Refusal) as raised:
            run(out, "other")
        fill(staging, "two")
    assert [problem.line() for problem in raised.value.problems] == [
        f"error PUB-001 sdtm process {os.getpid()} is writing it. Wait until it ends, then run again."
    ]
    assert state(out) == ("two", "two")
    assert only(out)


def test_only_one_of_many_runs_at_a_time(out):
    outcomes, start = [], threading.Barrier(8)

    def one(number):
        start.wait()
        try:
            run(out, str(number))
            outcomes.append(number)
        except Refusal as refusal:
            outcomes.append(refusal.problems[0].kind.code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert {outcome for outcome in outcomes if isinstance(outcome, str)} <= {"PUB-001"}
    first, second = state(out)
    assert first == second
    assert int(first) in outcomes
    assert only(out)


def killed_at(out, call):
    """Run in a process that kills itself, with no chance to clean up, at the n-th change of the folders."""
    program = f"""
import os, pathlib, shutil, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from trialkit import publish
calls = 0
def counted(change):
    def changed(*args, **options):
        global calls
        calls += 1
        if calls == {call}:
            os.kill(os.getpid(), signal.SIGKILL)
        return change(*args, **options)
    return changed
for owner, name in (
    (Path, "rename"), (Path, "mkdir"), (Path, "unlink"), (Path, "write_text"),
    (shutil, "rmtree"), (os, "rmdir"), (os, "unlink"),
):
    setattr(owner, name, counted(getattr(owner, name)))
with publish.publishing(Path({str(out)!r})) as staging:
    (staging / "sub").mkdir()
    (staging / "dm.xpt").write_text("two")
    (staging / "sub" / "ae.xpt").write_text("two")
    publish.write_manifest(staging, {{}})
"""
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode


@pytest.mark.proves("TK-WHOLE-1")
@pytest.mark.parametrize("before", [None, "one"])
def test_killed_at_every_moment(out, before):
    for call in range(1, 40):
        if before:
            run(out, before)
            (out / "log").mkdir(exist_ok=True)
            (out / "log" / "kept.txt").write_text("x", encoding="utf-8")
        ended = killed_at(out, call)
        with pytest.raises(KeyError), publishing(out):
            raise KeyError("the next run also fails: only the clearing up is seen")
        if out.exists() or before:
            assert state(out) in [(before, before), ("two", "two")]
        assert not before or (out / "log" / "kept.txt").exists()
        assert [path.name for path in out.parent.iterdir()] in ([out.name], [])
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    assert call > 8, call
    assert state(out) == ("two", "two")


def test_a_lock_of_a_dead_process_is_taken_over(out):
    out.parent.mkdir()
    (out.parent / ".sdtm.lock").write_text("999999", encoding="ascii")
    run(out)
    assert state(out) == ("new", "new")
    assert only(out)


def test_a_foreign_folder_that_came_between(out):
    run(out, "one")
    out.rename(out.with_name(".sdtm.old"))
    out.mkdir()
    (out / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(Refusal, match="PUB-002"):
        run(out)
    assert (out / "thesis.txt").exists()
    assert state(out.with_name(".sdtm.old")) == ("one", "one")


def test_a_link_is_followed(out, tmp_path):
    run(tmp_path / "real", "one")
    out.parent.mkdir()
    out.symlink_to(tmp_path / "real")
    run(out, "two")
    assert out.is_symlink()
    assert state(tmp_path / "real") == ("two", "two")


def test_hashing_reads_nothing_of_the_path(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a").write_text("x", encoding="utf-8")
    (tmp_path / "logs").write_text("x", encoding="utf-8")
    assert list(hashes(tmp_path)) == ["logs"]
    assert publish.MANIFEST not in hashes(tmp_path)
