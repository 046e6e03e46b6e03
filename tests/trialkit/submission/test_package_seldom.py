"""Problems of a package that hardly anybody meets."""

import json

import pytest

from trialkit.problems import Refusal
from trialkit.submission.links import Contents, link_problems
from trialkit.submission.package import package


def refused(place):
    with pytest.raises(Refusal) as caught:
        package(place.specs, place.build, place.out)
    assert not place.out.exists(), "nothing is published"
    return [(one.kind.code, one.what) for one in caught.value.problems]


def test_a_build_of_some_datasets(place):
    path = place.sdtm / "MANIFEST"
    made = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**made, "only": ["DM"]}), "utf-8")
    assert ("PKG-005", "sdtm has only DM") in refused(place)


def test_a_dataset_that_is_missing(place):
    (place.sdtm / "vs.xpt").unlink()
    assert ("PKG-009", "vs.xpt of sdtm is missing") in refused(place)


def test_pieces_beyond_the_length_of_names(place, monkeypatch):
    """A name of a dataset has eight letters; the split numbers its pieces behind the name."""
    monkeypatch.setattr("trialkit.submission.split.LONGEST", 2)
    (place.specs / "package.yaml").write_text("split: {VS: {by: VSTESTCD, above: 1KB}}\n", encoding="utf-8")
    assert ("PKG-016", "VS1 has more than 2 letters") in refused(place)


@pytest.mark.parametrize(("name", "content"), [("page.html", b""), ("define.xml", b"<ODM")])
def test_a_file_with_links_that_cannot_be_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (one,) = link_problems(Contents(tmp_path, frozenset({name})))
    assert one.line().startswith(f"error PKG-023 {name} file with links cannot be read: ")
