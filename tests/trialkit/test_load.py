"""Specs as they are read from YAML."""

from trialkit.load import load
from trialkit.model import Model


def test_a_folded_text_has_blanks_where_its_lines_were_broken(tmp_path):
    class Label(Model):
        said: str

    (tmp_path / "a.yaml").write_text("said: >-\n  one\n  two\n\n  three\n", "utf-8")
    assert load(tmp_path / "a.yaml", Label).said == "one two\nthree"
