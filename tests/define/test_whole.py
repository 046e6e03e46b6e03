"""Files are written all or none, whatever goes wrong and at whichever of them."""

import errno
import os
from pathlib import Path

import pytest

from define.whole import write_all, write_folder, write_whole
from trialkit.problems import Exit, Refusal

OLD = {"dm.yaml": b"dataset: DM", "vs.yaml": b"dataset: VS"}


@pytest.fixture
def folder(tmp_path):
    for name, data in OLD.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def new(folder):
    return {folder / name: b"new" for name in (*OLD, "ae.yaml")}


def fail_at(monkeypatch, module, name, place, number):
    """Let the system refuse one call of a function, by its place among the calls."""
    real, calls = getattr(module, name), []

    def call(*arguments):
        calls.append(arguments)
        if len(calls) == place:
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    monkeypatch.setattr(module, name, call)


def test_all_are_written(folder):
    (folder / "dm.yaml").chmod(0o640)
    write_all(new(folder))
    assert content(folder) == {"dm.yaml": b"new", "vs.yaml": b"new", "ae.yaml": b"new"}
    assert (folder / "dm.yaml").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_full_disk_changes_nothing(folder, monkeypatch, place):
    fail_at(monkeypatch, Path, "write_bytes", place, errno.ENOSPC)
    with pytest.raises(Refusal) as caught:
        write_all(new(folder))
    (problem,) = caught.value.problems
    name = (*OLD, "ae.yaml")[place - 1]
    assert problem.line().startswith(f"error PUB-003 {name} no space left on the device. ")
    assert problem.kind.exit == Exit.SPEC
    assert content(folder) == OLD


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_file_that_cannot_be_put_in_its_place(folder, monkeypatch, place):
    fail_at(monkeypatch, os, "replace", place, errno.EPERM)
    with pytest.raises(Refusal, match=r"PUB-003 .* operation not permitted"):
        write_all(new(folder))
    assert content(folder) == OLD


def test_new_files_go_when_a_later_one_fails(folder, monkeypatch):
    fail_at(monkeypatch, os, "replace", 2, errno.EROFS)
    with pytest.raises(Refusal, match=r"PUB-003 dm\.yaml read-only file system"):
        write_all({folder / "ae.yaml": b"new", folder / "dm.yaml": b"new"})
    assert content(folder) == OLD


def test_a_file_in_the_way(folder):
    (folder / ".dm.yaml.part").mkdir()
    with pytest.raises(Refusal, match=r"PUB-003 dm\.yaml is a directory"):
        write_whole(folder / "dm.yaml", b"new")
    assert (folder / "dm.yaml").read_bytes() == OLD["dm.yaml"]


def test_a_new_folder_is_whole_or_not_there(tmp_path, monkeypatch):
    fail_at(monkeypatch, Path, "write_bytes", 2, errno.EDQUOT)
    with pytest.raises(Refusal, match=r"PUB-003 study quota exceeded: vs\.yaml\."):
        write_folder(tmp_path / "study", OLD)
    assert content(tmp_path) == {}


def test_a_folder_that_a_shell_stands_in_stays(tmp_path, monkeypatch):
    (tmp_path / "study").mkdir()
    there = (tmp_path / "study").stat().st_ino
    monkeypatch.chdir(tmp_path / "study")
    write_folder(Path(), OLD)
    assert content(Path()) == OLD
    assert (tmp_path / "study").stat().st_ino == there
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_an_empty_folder_stays_empty_when_a_file_cannot_be_put_there(tmp_path, monkeypatch):
    (tmp_path / "study").mkdir()
    move, moved = Path.replace, []

    def second_fails(self, target):
        moved.append(self)
        if len(moved) == 2:
            raise OSError(errno.EPERM, "Operation not permitted")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", second_fails)
    with pytest.raises(Refusal, match=r"PUB-003 study operation not permitted"):
        write_folder(tmp_path / "study", OLD)
    assert content(tmp_path / "study") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
