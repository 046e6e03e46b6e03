"""Every command and every spec that the pages show is run, and prints what the pages show.

A page is read from top to bottom, in one empty folder. The paragraph before a fenced block says what it does:

- "... `path`:" before a block of yaml or csv writes that file;
- "Add to `path`:" and "Change in `path`:" merge the block's keys into a YAML file (lists grow, are replaced);
- a block of console runs its `$` lines, and the lines below each are its output ("..." stands for anything);
- a block of yaml that begins with "# path, in part" quotes a file of the repository.

`python tests/docs/test_docs.py` puts the output of today into the pages.
"""

import contextlib
import fnmatch
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from trialkit.cli import main
from trialkit.language import PACKAGES, example_of, sentences_of
from trialkit.rule import find_rules

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"(?ms)^```(\w+)\n(.*?)^```$")
PATH = re.compile(r"`([\w./-]+\.(?:yaml|csv))`:$")
HOW_TO = (
    *("readers", "dirty-data", "registry", "queries", "questionnaire", "profiles", "package", "define"),
    *("guide", "workbook"),
)
NAMES = ("tutorial", "tutorial-adam", *(f"howto-{name}" for name in HOW_TO), "outputs")
PAGES = ["README.md", *(f"docs/{name}.md" for name in NAMES)]
GIVEN = {  # what a page begins with
    "README.md": ["specs/schema", "specs/nct04952155", "Makefile", "pyproject.toml", "constraints.txt"],
    "docs/tutorial.md": [("tests/docs/other_build", "build/other")],
    "docs/howto-registry.md": [("tests/sdtm/registry/records/trial.json", "NCT99990001.json")],
}
WRITING = __name__ == "__main__"
GENERATED = {"analyses.md", "language.md", "problems.md"}


class Page:
    """One page and the folder in which it is run."""

    def __init__(self, name, folder):
        self.name, self.folder, self.code = name, folder, 0
        self.text = (ROOT / name).read_text(encoding="utf-8")

    def rendered(self):
        """Run all blocks and give the page with the output of today."""
        parts, end = [], 0
        for block in FENCE.finditer(self.text):
            lead = self.text[: block.start()].rstrip().rpartition("\n\n")[2].replace("\n", " ")
            parts += [self.text[end : block.start(2)], self.run(block[1], block[2], lead)]
            end = block.end(2)
        return "".join([*parts, self.text[end:]])

    def run(self, kind, body, lead):
        if kind == "console":
            return self.console(body)
        if kind in ("yaml", "csv"):
            self.write(body, lead)
        else:
            assert kind in ("text", "mermaid"), f"{self.name}: nothing runs a block of {kind}"
        return body

    def write(self, body, lead):
        if quoted := re.match(r"# (\S+), in part\n", body):
            whole = (ROOT / quoted[1]).read_text(encoding="utf-8")
            for line in body.splitlines()[1:]:
                assert re.sub(r"\s+", " ", line) in re.sub(r"[^\S\n]+", " ", whole), (
                    f"{quoted[1]} has no line {line}"
                )
            return
        named = PATH.search(lead)
        assert named, f"{self.name}: no file is named before\n{body}"
        path = self.folder / named[1]
        if re.match(r"(.*\. )?(Add to|Change in) `", lead):
            body = merged(path.read_text(encoding="utf-8"), body, grow="Change in" not in lead)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")

    def console(self, body):
        shown, asked = [], "$ echo $?" in body
        for command, expected in commands(body):
            output = self.call(command)
            foreseen = asked or any(line.startswith("error ") for line in expected) or " diff " in command
            assert not self.code or foreseen or WRITING, f"{self.name}: {command}\n" + "\n".join(output)
            shown += [f"$ {command}", *(expected if agrees(output, expected) else output)]
        return "\n".join(shown) + "\n"

    def call(self, command):
        words = shlex.split(command.replace("\\\n", " "), comments=True)
        if words[0] == "trialkit":
            output, self.code = trialkit(words[1:])
        elif words[0] == "make":
            output, self.code = make(words[1:])
        elif command == "echo $?":
            output = f"{self.code}\n"
        else:
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=self.folder)
            output, self.code = done.stdout + done.stderr, done.returncode
        return [line.rstrip() for line in output.strip("\n").splitlines()]


def commands(body):
    """Split a console block into its commands, each with the lines below it."""
    for part in re.split(r"(?m)^\$ ", body)[1:]:
        command, lines = [], part.splitlines()
        while lines and (not command or command[-1].endswith("\\")):
            command.append(lines.pop(0))
        yield "\n".join(command), lines


def agrees(output, expected):
    """Say whether an output is what a page shows; a line of ... stands for any lines."""
    pattern = "\n".join(re.sub(r"([\[\]*?])", r"[\1]", line) for line in expected)
    return fnmatch.fnmatchcase("\n".join(output), pattern.replace("...", "*"))


def trialkit(words):
    stream, before = io.StringIO(), sys.argv
    sys.argv = ["trialkit", *words]
    try:
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            main()
    except SystemExit as end:
        return stream.getvalue(), end.code
    finally:
        sys.argv = before


def make(words):
    """Do what a target does, by the command line that is tested: a target makes its own .venv."""
    done = subprocess.run(["make", "-n", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    steps = [shlex.split(line) for line in done.stdout.splitlines() if line.startswith(".venv/bin/trialkit ")]
    done = [trialkit(step[1:]) for step in steps]
    return "".join(output for output, _ in done), max([code for _, code in done], default=0)


def merged(text, more, grow):
    """Merge the top-level keys of a piece of YAML into a file, line by line."""
    found, added = sections(text), sections(more)
    for key, lines in added.items():
        listed = any(line.startswith("  - ") for line in lines)
        if key not in found or (listed and not grow) or len(lines) == 1:
            found[key] = lines
        elif listed:
            found[key] += lines[1:]
        else:
            entries = sections("\n".join(found[key][1:]), "  ") | sections("\n".join(lines[1:]), "  ")
            found[key] = [found[key][0], *(line for entry in entries.values() for line in entry)]
    return "\n".join(line for lines in found.values() for line in lines) + "\n"


def sections(text, indent=""):
    """Give the lines of each key of one level; what stands before the first key goes with it."""
    found, last, head = {}, None, []
    for line in text.splitlines():
        if key := re.match(rf"{indent}([^\s#:-][^:]*):", line):
            last = key[1]
            found[last] = [*head, line]
            head = []
        else:
            (head if last is None else found[last]).append(line)
    return found


@contextlib.contextmanager
def inside(folder):
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        assert os.environ.get("COLUMNS") == columns


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_what_happens(name, tmp_path, monkeypatch):
    for word in ("STUDY", "RAW", "OUT", "SUBJECTS", "SEED", "WORKERS", "SDTM", "MAKEFLAGS"):
        monkeypatch.delenv(word, raising=False)  # as `make test STUDY=mystudy` hands them on
    page = Page(name, tmp_path)
    given(name, tmp_path)
    with inside(tmp_path):
        assert page.rendered() == page.text, f"{name} is stale: python tests/docs/test_docs.py"


def given(page, folder):
    """Put what a page begins with into its folder."""
    for one in GIVEN.get(page, ()):
        source, name = one if isinstance(one, tuple) else (one, one)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / source, folder / name)


def test_pages_begin_without_studies_of_the_user(tmp_path):
    given("README.md", tmp_path)
    assert sorted(path.name for path in (tmp_path / "specs").iterdir()) == ["nct04952155", "schema"]


def test_every_page_is_run_or_has_nothing_to_run():
    others = [path for path in (ROOT / "docs").glob("*.md") if f"docs/{path.name}" not in PAGES]
    for path in others:
        if path.name not in GENERATED:
            kinds = {block[1] for block in FENCE.finditer(path.read_text(encoding="utf-8"))}
            assert kinds <= {"mermaid", "text"}, f"{path.name} has blocks that nothing runs"


@pytest.mark.parametrize("rule", sorted(find_rules(PACKAGES).items()), ids=lambda item: item[0])
def test_examples_of_the_reference_are_rules(rule):
    name, made = rule
    assert sentences_of(made)
    assert name in example_of(made)
    YAML(typ="safe", pure=True).load(example_of(made))


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name
)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]*)(?:#[^)]*)?\)", text):
        assert "://" in target or not target or (path.parent / target).exists(), f"{path.name}: {target}"
    for page, place in re.findall(r"\]\(([\w./-]*\.md)?#([^)]*)\)", text):
        there = (path.parent / page).read_text(encoding="utf-8") if page else text
        assert place in anchors(there), f"{path.name}: {page}#{place}"


def test_the_site_lists_every_page_once():
    said = YAML(typ="safe", pure=True).load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = [page for entry in said["nav"] for page in pages_of(entry)]
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    for url in said["extra"]["polyfills"]:
        assert (ROOT / "docs" / url).is_file(), "the site needs no network"
    assert said["theme"]["font"] is False


def pages_of(entry):
    if isinstance(entry, str):
        return [entry]
    inner = entry.values() if isinstance(entry, dict) else entry
    return [page for one in inner for page in pages_of(one)]


def anchors(text):
    heads = {anchor(head) for head in re.findall(r"(?m)^#+ (.*)$", text)}
    return heads | set(re.findall(r"<a id='([^']+)'", text))


def anchor(head):
    return re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")


def test_make_check_looks_at_raw_files_that_are_there(tmp_path):
    check = ["make", "-n", "--no-print-directory", "-o", ".venv/base", "check", "STUDY=x"]
    for raw, more in ((tmp_path, f" --raw {tmp_path}"), (tmp_path / "no", "")):
        done = subprocess.run([*check, f"RAW={raw}"], capture_output=True, text=True, cwd=ROOT)
        assert done.stdout.rstrip().endswith(f"trialkit check specs/x{more}")


def test_merging_keeps_order_and_grows_lists():
    text = "a: 1\nrecords:\n  - read: X\nvariables:\n  A: 1\n  B: 2\n"
    assert merged(text, "variables:\n  A: 3\n  C: 4\n", grow=True).endswith("  A: 3\n  B: 2\n  C: 4\n")
    assert "  - read: X\n  - drop: Y" in merged(text, "records:\n  - drop: Y\n", grow=True)
    assert "read: X" not in merged(text, "records:\n  - drop: Y\n", grow=False)


def test_outputs_are_compared():
    assert agrees(["a", "b", "c [1]"], ["a", "...", "c [1]"])
    assert not agrees(["a", "b"], ["a"])


if __name__ == "__main__":
    for each in sys.argv[1:] or PAGES:
        with tempfile.TemporaryDirectory() as folder, inside(folder):
            given(each, Path(folder))
            (ROOT / each).write_text(Page(each, Path(folder)).rendered(), encoding="utf-8")
