"""Specs that are too deep, too long or too many: refused in a moment, with no bottom reached."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from trialkit.cli import main

BASE = Path(__file__).parents[1] / "base"
SECONDS = 5.0
RULE = "{number: DOSE}"


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Check the study with one rule of CM changed; give exit code and messages."""

    def run(rule):
        shutil.copytree(BASE, tmp_path / "study", dirs_exist_ok=True)
        path = tmp_path / "study" / "sdtm" / "cm.yaml"
        path.write_text(path.read_text().replace(RULE, rule))
        monkeypatch.setattr(sys, "argv", ["trialkit", "check", str(tmp_path / "study")])
        began = time.process_time()
        with pytest.raises(SystemExit) as end:
            main()
        assert time.process_time() - began < SECONDS
        messages = capsys.readouterr().err
        assert len(messages) < 2_000
        return end.value.code, messages.splitlines()[0]

    return run


DEEP = {
    "ten thousand parentheses": "{compute: " + "(" * 10_000 + "1" + ")" * 10_000 + "}",
    "two hundred parentheses": "{compute: " + "(" * 200 + "1" + ")" * 200 + "}",
    "a thousand minus signs": '{compute: "' + "-" * 1_000 + '1"}',
    "ten thousand lists": "[" * 10_000 + "]" * 10_000,
    "a hundred lists": "[" * 100 + "]" * 100,
    "a hundred rules": "{upper: " * 100 + "DOSE" + "}" * 100,
    "a hundred mappings": "{a: " * 100 + "b" + "}" * 100,
    "a number of a million digits": "{constant: X, length: " + "9" * 1_000_000 + "}",
    "a key of a million letters": "{" + "k" * 1_000_000 + ": DOSE}",
}
SAID = {
    "ten thousand parentheses": "EXPR-003 sdtm/cm.yaml:11:21 the expression is longer than",
    "two hundred parentheses": "EXPR-003 sdtm/cm.yaml:11:21 the expression is nested deeper than",
    "a thousand minus signs": "EXPR-003 sdtm/cm.yaml:11:21 the expression is nested deeper than",
    "ten thousand lists": "SPEC-002 sdtm/cm.yaml:1:1 not valid YAML: the structure is too deep",
    "a hundred lists": "SPEC-002 sdtm/cm.yaml:11:70 the structure is too deep",
    "a hundred rules": "SPEC-002 sdtm/cm.yaml:11:483 the structure is too deep",
    "a hundred mappings": "SPEC-002 sdtm/cm.yaml:11:247 the structure is too deep",
    "a number of a million digits": "SPEC-006 sdtm/cm.yaml:11:25 'length': should be a whole number",
    "a key of a million letters": "SPEC-002 sdtm/cm.yaml:11:1000012 not valid YAML: expected",
}


@pytest.mark.parametrize("name", DEEP)
def test_too_deep_or_too_long(name, check):
    code, message = check(DEEP[name])
    assert code == 2
    assert SAID[name] in message


def test_a_list_of_two_thousand_texts_is_fine(check):
    code, message = check("{first_of: [" + ", ".join(["DOSE"] * 2_000) + "]}")
    assert (code, message) == (0, "specs are good; columns of raw files were not checked (--raw)")
