"""Coding dictionaries from made-up files of the public layouts, and from a study's own table."""

import csv
import json

import pytest

from trialkit.dictionaries.files import Licensed
from trialkit.dictionaries.load import LICENSED, OWN, dictionary_faults, load_dictionaries
from trialkit.dictionaries.meddra import HIERARCHY, read_meddra
from trialkit.dictionaries.spec import FINDING, LEVELS, Dictionary
from trialkit.dictionaries.whodrug import layouts, read_whodrug
from trialkit.own import standard_of
from trialkit.problems import Refusal
from trialkit.result import Options
from trialkit.run import run
from trialkit.study import load_study

# pt, hlt, hlgt, soc: codes, then names; abbreviation, nothing, code of the primary class, whether it is that
HIER = [
    ("11", "21", "31", "41", "Hot body", "Body heat", "Heat", "General", "Genrl", "", "41", "Y"),
    ("12", "22", "32", "42", "Skin rash", "Rashes", "Skin things", "Skin", "Skin", "", "42", "Y"),
    ("12", "23", "33", "43", "Skin rash", "Reactions", "Immune things", "Immune", "Immun", "", "42", "N"),
]
LLTS = [("101", "Fever", "11"), ("102", "Feeling hot", "11"), ("201", "Rash", "12")]


def meddra(folder, version="99.0", llts=LLTS, hier=HIER):
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["$".join((*llt, *[""] * 6, "Y", "", "")) for llt in llts]
    (folder / "llt.asc").write_text("\r\n".join(lines) + "\r\n", newline="")
    (folder / "mdhier.asc").write_text("".join("$".join((*row, "")) + "\n" for row in hier))
    (folder / "MEDDRA_RELEASE.ASC").write_text(f"{version}$English$$$$\n")
    return folder


def placed(layout, file, **values):
    """Write a line of fixed columns."""
    line = [" "] * 1800
    for name, text in values.items():
        start, length, _ = layouts(layout)[file][name]
        line[start - 1 : start - 1 + length] = list(text.ljust(length))
    return "".join(line).rstrip() + "\n"


def whodrug_b3(folder):
    folder.mkdir(parents=True, exist_ok=True)
    drugs = [
        ("000001", "01", "001", "PAINLESS"),
        ("000001", "02", "001", "Noache"),
        ("000002", "01", "001", "CALM"),
    ]
    (folder / "DD.txt").write_text(
        "".join(placed("B3", "DD.txt", DRECNO=a, SEQ1=b, SEQ2=c, NAME=name) for a, b, c, name in drugs)
    )
    links = [
        ("000001", "01", "001", "N02BE"),
        ("000002", "01", "001", "N05BA"),
        ("000002", "01", "001", "N03AE"),
    ]
    (folder / "dda.txt").write_text(
        "".join(placed("B3", "DDA.txt", DRECNO=a, SEQ1=b, SEQ2=c, ATC=atc) for a, b, c, atc in links)
    )
    names = {"N": "NERVES", "N02": "PAIN", "N02B": "PAIN B", "N02BE": "ANILIDES", "N05BA": "CALMERS"}
    (folder / "INA.txt").write_text("".join(placed("B3", "INA.txt", ATC=a, TEXT=t) for a, t in names.items()))
    return folder


def whodrug_c3(folder):
    folder.mkdir(parents=True, exist_ok=True)
    drugs = [("1", "000001", "01", "001", "Painless"), ("2", "000001", "01", "001", "Painless")]
    (folder / "MP.txt").write_text(
        "".join(placed("C3", "MP.txt", MPID=i, DRECNO=a, SEQ1=b, SEQ2=c, NAME=n) for i, a, b, c, n in drugs)
    )
    (folder / "ThG.txt").write_text(placed("C3", "ThG.txt", ATC="N02BE", MPID="2"))
    (folder / "ATC.txt").write_text(placed("C3", "ATC.txt", ATC="N02BE", TEXT="Anilides"))
    return folder


def test_meddra_has_a_row_for_each_term_and_class(tmp_path):
    rows = list(read_meddra(Licensed(meddra(tmp_path), "utf-8"), "99.0"))
    assert [(row["TERM"], row["PT"], row["SOC"], row["PRIMARY"]) for row in rows] == [
        ("fever", "Hot body", "General", "Y"),
        ("feeling hot", "Hot body", "General", "Y"),
        ("rash", "Skin rash", "Skin", "Y"),
        ("rash", "Skin rash", "Immune", "N"),
    ]
    assert set(rows[0]) == {*FINDING, *LEVELS["MedDRA"]}
    assert rows[3] == {
        **{"TERM": "rash", "CODE": "201", "PATH": "43", "PRIMARY": "N", "LLT": "Rash", "LLTCD": "201"},
        **{"PT": "Skin rash", "PTCD": "12", "HLT": "Reactions", "HLTCD": "23", "HLGT": "Immune things"},
        **{"HLGTCD": "33", "SOC": "Immune", "SOCCD": "43", "PSOC": "Skin", "PSOCCD": "42"},
    }


def test_meddra_of_another_version_is_refused(tmp_path):
    with pytest.raises(
        Refusal, match=r"DICT-003 MedDRA is of version 99\.0, declared is 98\.1\. Give the folder"
    ):
        list(read_meddra(Licensed(meddra(tmp_path), "utf-8"), "98.1"))


def test_a_missing_file_says_what_is_there(tmp_path):
    meddra(tmp_path)
    (tmp_path / "llt.asc").unlink()
    with pytest.raises(Refusal, match=r"DICT-001 llt\.asc .* There are MEDDRA_RELEASE\.ASC, mdhier\.asc\."):
        list(read_meddra(Licensed(tmp_path, "utf-8"), "99.0"))


def test_a_line_of_another_layout_is_named_and_not_repeated(tmp_path):
    meddra(tmp_path)
    (tmp_path / "llt.asc").write_text("101$Fever$11$$\n\nSECRET TERM\n")
    with pytest.raises(Refusal) as refusal:
        list(read_meddra(Licensed(tmp_path, "utf-8"), "99.0"))
    (problem,) = refusal.value.problems
    assert problem.line().startswith(
        "error DICT-002 llt.asc:3 a line of the dictionary has another layout: 1 fields"
    )
    assert "SECRET" not in problem.line()


def test_bytes_of_another_encoding_are_refused(tmp_path):
    meddra(tmp_path)
    (tmp_path / "llt.asc").write_bytes(b"101$F\xe9ver$11$$$$$$$Y$$\n")
    with pytest.raises(Refusal, match=r"DICT-002 llt\.asc:1 .*: UnicodeDecodeError"):
        list(read_meddra(Licensed(tmp_path, "utf-8"), "99.0"))
    assert next(read_meddra(Licensed(tmp_path, "latin-1"), "99.0"))["LLT"] == "Féver"


def test_whodrug_b3(tmp_path):
    rows = list(read_whodrug(Licensed(whodrug_b3(tmp_path), "utf-8"), "B3"))
    assert [(row["TERM"], row["DRUGCD"], row["PREF"], row["ATCCD"], row["PRIMARY"]) for row in rows] == [
        ("painless", "00000101001", "PAINLESS", "N02BE", "Y"),
        ("noache", "00000102001", "PAINLESS", "N02BE", "Y"),
        ("calm", "00000201001", "CALM", "N05BA", ""),
        ("calm", "00000201001", "CALM", "N03AE", ""),
    ]
    levels = [rows[0][f"ATC{level}"] for level in (1, 2, 3, 4)]
    assert levels == ["NERVES", "PAIN", "PAIN B", "ANILIDES"]
    assert [rows[0][f"ATC{level}CD"] for level in (1, 2, 3, 4)] == ["N", "N02", "N02B", "N02BE"]


def test_whodrug_c3_has_each_drug_once(tmp_path):
    (row,) = read_whodrug(Licensed(whodrug_c3(tmp_path), "utf-8"), "C3")
    assert (row["DRUG"], row["DRUGCD"], row["ATCCD"], row["ATC"]) == (
        "Painless",
        "00000101001",
        "N02BE",
        "Anilides",
    )


def test_the_wrong_layout_of_whodrug_is_refused(tmp_path):
    whodrug_b3(tmp_path)
    (tmp_path / "MP.txt").write_text((tmp_path / "DD.txt").read_text())
    with pytest.raises(Refusal, match=r"DICT-002 MP\.txt:1 .*: DRECNO at column 46 holds no digits"):
        list(read_whodrug(Licensed(tmp_path, "utf-8"), "C3"))


STUDY = """\
study: X1
created: 2024-01-31T00:00:00
sources:
  AE: {format: csv, file: ae.csv, key: [SUBJ, NO], subject: SUBJ}
dictionaries:
  MEDDRA: {dictionary: MedDRA, version: "99.0", table: terms, synonyms: verbatim}
"""
EVENTS = """\
dataset: EVENTS
working: true
records: [{read: AE}]
keys: [SUBJ, NO]
variables:
  SUBJ: SUBJ
  "NO": "NO"
  LLT: {coded: TERM, dictionary: MEDDRA, give: LLT, uncoded: query}
  PTCD: {coded: TERM, dictionary: MEDDRA, give: PTCD, uncoded: query, type: Num}
  SOC: {coded: TERM, dictionary: MEDDRA, give: SOC, uncoded: query}
"""


@pytest.fixture
def folders(tmp_path):
    specs, raw = tmp_path / "specs", tmp_path / "raw"
    for folder in (specs / "sdtm", specs / "tables", raw):
        folder.mkdir(parents=True)
    (specs / "study.yaml").write_text(STUDY)
    (specs / "sdtm" / "events.yaml").write_text(EVENTS)
    (specs / "tables" / "terms.csv").write_text(
        "LLT,LLTCD,PT,PTCD,SOC\nFever,101,Own hot body,11,Own class\n"
    )
    (specs / "tables" / "verbatim.csv").write_text("VERBATIM,CODE\n发热,101\n", encoding="utf-8")
    rows = ["1,1,fever", "1,2,发热", "2,1,blues", "2,2,", "3,1,blues"]
    (raw / "ae.csv").write_text("SUBJ,NO,TERM\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return specs, raw, tmp_path / "out", tmp_path / "licensed"


def build(folders, **choices):
    specs, raw, out, _ = folders
    return run(Options(specs, raw, out, **choices), standard_of("sdtm", "3.4"))


def values(result, name):
    return result.built[0].records.columns[name].objects().tolist()


def test_without_a_licensed_folder_the_own_table_stands_in_and_that_is_said(folders):
    result = build(folders)
    assert result.problems.errors() == []
    assert values(result, "LLT") == ["Fever", "Fever", "", "", ""]
    assert values(result, "PTCD")[:2] == [11.0, 11.0]
    assert values(result, "SOC")[0] == "Own class"
    facts = json.loads((folders[2] / "reports/manifest.json").read_text())["dictionaries"]["MEDDRA"]
    assert (facts["dictionary"], facts["version"], facts["from"]) == ("MedDRA", "99.0", OWN)
    assert list(facts["files"]) == ["tables/terms.csv"]


def test_a_licensed_folder_comes_before_the_own_table(folders):
    meddra(folders[3] / "meddra")
    result = build(folders, dictionaries=folders[3])
    assert values(result, "SOC")[0] == "General"
    facts = json.loads((folders[2] / "reports/manifest.json").read_text())["dictionaries"]["MEDDRA"]
    assert facts["from"] == LICENSED
    assert list(facts["files"]) == ["MEDDRA_RELEASE.ASC", "llt.asc", "mdhier.asc"]
    assert not [
        path for path in folders[2].rglob("*") if path.is_file() and b"Feeling hot" in path.read_bytes()
    ]


def test_uncoded_terms_are_listed_once_and_asked_of_nobody(folders):
    result = build(folders)
    assert [(one.kind.code, one.count) for one in result.problems.queries()] == [("DICT-010", 2)]
    text = (folders[2] / "reports/uncoded.csv").read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(text.splitlines())
    assert (row["term"], row["records"], row["file"], row["line"]) == ("blues", "2", "ae.csv", "4")
    assert row["what"] == "TERM is not in the dictionary MEDDRA"
    queries = (folders[2] / "reports/queries.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(queries) == 1


def test_a_synonym_of_no_entry_is_refused(folders):
    (folders[0] / "tables" / "verbatim.csv").write_text("VERBATIM,CODE\nhot,999\n")
    with pytest.raises(Refusal, match=r"DICT-006 tables/verbatim\.csv:2 CODE MedDRA 99\.0 has no such code"):
        build(folders)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("table: terms", "table: termz", r"DICT-005 .*there is no table 'termz'\. Did you mean 'terms'\?"),
        ("synonyms: verbatim", "synonyms: terms", r"DICT-005 .*table 'terms' has no column VERBATIM"),
        (", table: terms", "", r"DICT-004 .*no licensed MedDRA for MEDDRA\. Give its licensed folder"),
        ("MedDRA, version", "MedDra, version", r"SPEC-006 .*"),
    ],
)
def test_wrong_declarations(folders, old, new, said):
    (folders[0] / "study.yaml").write_text(STUDY.replace(old, new))
    with pytest.raises(Refusal, match=said):
        build(folders)


def test_wrong_levels_and_names_are_found_before_anything_is_read(folders):
    events = EVENTS.replace("give: SOC", "give: SOCK").replace("MEDDRA, give: LLT", "MEDRA, give: LLT")
    (folders[0] / "sdtm" / "events.yaml").write_text(events)
    with pytest.raises(Refusal) as refusal:
        build(folders)
    said = [(one.kind.code, one.hint) for one in refusal.value.problems]
    assert ("SPEC-020", "Did you mean 'SOC'?") in said
    assert ("SPEC-021", "Did you mean 'MEDDRA'?") in said


def test_the_folder_does_not_lead_outside(folders):
    (folders[0] / "study.yaml").write_text(STUDY.replace("table: terms", "folder: ../x, table: terms"))
    with pytest.raises(Refusal, match="PATH-001"):
        build(folders, dictionaries=folders[3])


def test_faults_of_a_loaded_study(folders):
    study = load_study(folders[0], "sdtm", ("trialkit.rules", "sdtm.rules"))
    assert dictionary_faults(study) == []
    assert load_dictionaries(study, None, ["EVENTS"])["MEDDRA"].title == f"MedDRA 99.0 ({OWN})"
    assert Dictionary(dictionary="MedDRA", version="1").folder == ""
    assert len(HIERARCHY) == 12


def test_an_empty_file_is_no_dictionary(tmp_path):
    meddra(tmp_path)
    (tmp_path / "mdhier.asc").write_bytes(b"")
    with pytest.raises(Refusal, match=r"DICT-002 mdhier\.asc:1 .*: the file is empty"):
        list(Licensed(tmp_path, "utf-8").lines("mdhier.asc"))
