"""Paths of a spec stay in their folder, on every platform."""

import pytest

from trialkit.paths import safe_path
from trialkit.problems import Refusal


@pytest.mark.parametrize(
    "text", ["a.csv", "edc/a.csv", "./a.csv", "数据/受试者.csv", "a b.csv", "a..b.csv", "50%.csv"]
)
def test_paths_inside_are_given_whole(tmp_path, text):
    assert safe_path(tmp_path, text) == (tmp_path / text).resolve()


@pytest.mark.proves("TK-SPEC-1")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a\0.csv", "holds a control character"),
        ("a\n.csv", "holds a control character"),
        ("..", "climbs out of the folder"),
        ("a/../../b", "climbs out of the folder"),
        ("/a", "is absolute"),
        ("\\\\server\\a", "is absolute"),
        ("c:/a", "is absolute"),
        ("c:a", "is a URL or names a drive"),
        ("file:a", "is a URL or names a drive"),
        ("a\\..\\b", "has a backslash"),
        ("~root/a", "begins with ~"),
        ("${HOME}/a", "names an environment variable"),
        ("%TEMP%/a", "names an environment variable"),
        ("a:b", "is a URL or names a drive"),
        ("a/b:c", "holds a character that some platforms refuse"),
        ("a*.csv", "holds a character that some platforms refuse"),
        ("con", "names a device"),
        ("edc/Aux.tar.gz", "names a device"),
        ("COM1.csv", "names a device"),
        ("lpt³", "names a device"),
        ("a./b", "has a part that ends in a dot or blank"),
        ("a /b", "has a part that ends in a dot or blank"),
        ("...", "has a part that ends in a dot or blank"),
    ],
)
def test_other_paths_are_refused_with_the_reason(tmp_path, text, reason):
    with pytest.raises(Refusal, match="PATH-001") as refused:
        safe_path(tmp_path, text)
    assert refused.value.problems[0].what == f"path {text!r} {reason}"


@pytest.mark.proves("TK-SPEC-1")
def test_links_inside_are_followed_and_links_out_refused(tmp_path):
    inside = tmp_path / "raw"
    inside.mkdir()
    (inside / "a.csv").write_text("A")
    (inside / "link.csv").symlink_to(inside / "a.csv")
    (inside / "out").symlink_to(tmp_path)
    (inside / "loop").symlink_to(inside / "loop")
    assert safe_path(inside, "link.csv") == (inside / "a.csv").resolve()
    with pytest.raises(Refusal, match="follows a symbolic link out"):
        safe_path(inside, "out/x.csv")
    with pytest.raises(Refusal, match="cannot be resolved"):
        safe_path(inside, "loop")
