"""Raw files as bytes: what can't be opened is said, never raised."""

import gzip
import hashlib
from pathlib import Path

import pytest

from trialkit.problems import Problems
from trialkit.raw import files
from trialkit.raw.files import RawFile, gunzip, open_file
from trialkit.raw.source import CsvSource, ParquetSource

SOURCE = ParquetSource(format="parquet", file="a.parquet")


@pytest.mark.parametrize("method", ["exists", "is_file", "read_bytes"])
def test_no_permission(tmp_path, monkeypatch, method):
    (tmp_path / "a.parquet").write_bytes(b"PAR1")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, refuse)
        if method == "exists":
            patch.setattr(Path, "is_file", refuse)
        problems = Problems()
        assert open_file(SOURCE, tmp_path, problems) is None
    assert [problem.what for problem in problems.items] == ["raw file 'a.parquet': permission denied"]
    assert int(problems.exit()) == 2


def test_the_agreed_file(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    digest = hashlib.sha256(b"PAR1").hexdigest()
    problems = Problems()
    assert open_file(SOURCE, tmp_path, problems, sha256=digest).sha256 == digest
    assert problems.items == []


def test_gzip_stops_at_the_limit(monkeypatch):
    """The expanded pieces in memory stay near the limit however large the file would become."""
    problems = Problems()
    file = RawFile(Path("a.gz"), "a.gz", gzip.compress(bytes(200_000_000)), "")
    assert gunzip(file, problems) is None
    assert problems.items[0].what.startswith("'a.gz' expands to more than 19 MB")


def test_gzip_with_padding_after_it():
    assert gunzip(RawFile(Path("a.gz"), "a.gz", gzip.compress(b"A") + bytes(512), ""), Problems()) == b"A"


def test_the_search_for_present_files_is_bounded(tmp_path, monkeypatch):
    """The raw folder may be a whole disk by mistake, with folders that can't be listed."""
    monkeypatch.setattr(files, "MOST_FILES", 5)
    deep = tmp_path
    for level in range(9):
        deep /= f"d{level}"
        deep.mkdir()
        for number in range(4):
            (deep / f"{level}{number}.csv").write_text("A\n")
    listed, iterdir = [], Path.iterdir

    def watched(folder):
        listed.append(folder)
        if folder.name == "d1":
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", watched)
    problems = Problems()
    assert files.open_file(CsvSource(format="csv", file="no.csv"), tmp_path, problems) is None
    assert "Known: d0/00.csv, d0/01.csv, d0/02.csv, d0/03.csv." in problems.items[0].advice
    assert [folder.name for folder in listed] == [tmp_path.name, "d0", "d1"]
