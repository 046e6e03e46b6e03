"""Raw files as bytes: what can't be opened is said, never raised."""

import gzip
import hashlib
from pathlib import Path

import pytest

from trialkit.problems import Problems
from trialkit.raw.files import RawFile, gunzip, open_file
from trialkit.raw.source import ParquetSource

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
