"""Draft specs from workbooks of three generations and from define.xml, over the same files and without."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from define.build.describe import Asked
from define.check.samples import changed
from define.check.view import View
from define.exchange.draft import Draft, draft_of
from define.exchange.draftcodelists import Lists
from define.exchange.draftdataset import Datasets
from define.exchange.drafts import read_any, spec_draft, write_draft
from define.exchange.export import define_of, spec_export
from define.exchange.known import known_of
from define.exchange.yamltext import fits, written
from define.model import CodeListRef, Description, Leaf, Origin
from define.samples import sample_define
from define.workbook.layout import GENERATIONS
from define.write import define_bytes
from trialkit.load import Loading, read_tree
from trialkit.own import standard_of
from trialkit.prepare import check_specs
from trialkit.problems import Exit, Problems, Refusal
from trialkit.rules.todo import is_draft
from trialkit.study import load_study

HERE = Path(__file__).parents[1]
FILES = ("official21_sdtm", "official21_adam_arm", "pharmasug2023_vlm", "msg20_sdtm33")


def asked(study):
    return Asked(study / "specs", "sdtm", study / "build" / "sdtm", None, study / "specs" / "raw")


@pytest.fixture(scope="module")
def workbooks(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workbooks")
    for generation in GENERATIONS:
        assert spec_export(asked(study), folder / f"{generation}.xlsx", generation) == Exit.OK
    return folder


def load(folder, part="sdtm"):
    versions = {"sdtm": "3.4", "adam": "1.3"}
    return load_study(folder, part, ("trialkit.rules", *standard_of(part, versions[part]).rules))


@pytest.mark.parametrize("source", [*GENERATIONS, "xml"])
def test_a_define_by_the_draft_is_the_first_one(source, study, described, workbooks, tmp_path, canonical):
    file = workbooks / f"{source}.xlsx"
    if source == "xml":
        file = tmp_path / "define.xml"
        file.write_bytes(define_bytes(described))
    assert spec_draft([file], tmp_path / "draft") == Exit.OK
    again = define_of(Asked(tmp_path / "draft", "sdtm", study / "build" / "sdtm"))
    assert canonical(define_bytes(again)) == canonical(define_bytes(described))


def test_what_is_to_do_is_said_of_each_variable(workbooks, tmp_path, run):
    spec_draft([workbooks / "2.1.xlsx"], tmp_path / "draft")
    drafted = load(tmp_path / "draft")
    wanted = {f"{name}.{one}" for name, spec in drafted.datasets.items() for one in spec.variables}
    problems = check_specs(tmp_path / "draft", None, standard_of("sdtm", "3.4")).items
    assert {one.kind.code for one in problems} == {"SPEC-031"}
    said = {one.what.partition(":")[0] for one in problems}
    assert said == wanted | set(drafted.datasets)
    assert all(one.where.file and one.where.line for one in problems)
    code, output = run("check", tmp_path / "draft")
    assert code == Exit.SPEC
    assert "error SPEC-031 sdtm/dm.yaml" in output


def test_a_draft_describes_files_that_others_made(study, workbooks, tmp_path, run):
    spec_draft([workbooks / "2.1.xlsx"], tmp_path / "draft")
    shutil.copytree(
        study / "build" / "sdtm", tmp_path / "data", ignore=shutil.ignore_patterns("MANIFEST", "*.json")
    )
    run("define", tmp_path / "draft", "--sdtm", tmp_path / "data")
    assert (tmp_path / "data" / "define.html").is_file()
    (tmp_path / "data" / "ae.xpt").write_bytes(b"")
    with pytest.raises(Refusal, match=r"DEFB-004 ae\.xpt AE has no spec"):
        run("define", tmp_path / "draft", "--sdtm", tmp_path / "data")
    with pytest.raises(Refusal, match=r"DEFB-001 no XPT file in 'none'"):
        run("define", tmp_path / "draft", "--sdtm", tmp_path / "none")


def test_a_draft_cannot_be_built(study, workbooks, tmp_path, run):
    spec_draft([workbooks / "2.1.xlsx"], tmp_path / "draft")
    with pytest.raises(
        Refusal, match=r"SPEC-031 sdtm/dm.yaml:.*DM: where the records come from is still to do"
    ):
        run("sdtm", tmp_path / "draft", "--raw", study / "specs" / "raw", "--out", tmp_path / "out")


def test_a_dataset_whose_rules_are_written_can_be_built(study, workbooks, tmp_path, run):
    spec_draft([workbooks / "2.1.xlsx"], tmp_path / "draft")
    shutil.copy(study / "specs" / "sdtm" / "dm.yaml", tmp_path / "draft" / "sdtm" / "dm.yaml")
    text = (study / "specs" / "study.yaml").read_text("utf-8")
    drafted = (tmp_path / "draft" / "study.yaml").read_text("utf-8")
    sources = text[text.index("sources:") :]
    (tmp_path / "draft" / "study.yaml").write_text(drafted.replace("sources: {}\n", sources + "\n"), "utf-8")
    words = ("sdtm", tmp_path / "draft", "--raw", study / "specs" / "raw", "--out", tmp_path / "out")
    assert run(*words, "--datasets", "DM")[0] == Exit.OK
    with pytest.raises(Refusal, match="SPEC-031"):
        run(*words, "--datasets", "EX")


def test_a_draft_reads_as_specs_do(workbooks, tmp_path):
    spec_draft([workbooks / "2.1.xlsx"], tmp_path / "draft")
    text = (tmp_path / "draft" / "sdtm" / "vs.yaml").read_text("utf-8")
    assert "records:\n  - todo: where the records come from\n" in text
    assert "  VSORRESU:\n    todo: the rule\n    label: Original Units\n    type: Char\n    length: " in text
    assert (
        "      - when: VSTESTCD == 'TEMP'\n        origin: {type: Collected, source: Vendor, pages: [" in text
    )
    assert "comment: By an ear thermometer.\n" in text
    study = (tmp_path / "draft" / "study.yaml").read_text("utf-8")
    assert "documents:\n  acrf:\n    file: acrf.pdf\n    title: Annotated CRF\n    kind: crf\n" in study


@pytest.mark.parametrize("name", FILES)
def test_public_defines_become_specs_that_load(name, reference, tmp_path):
    assert spec_draft([reference / "define" / f"{name}.xml"], tmp_path / "draft") == Exit.OK
    part = "adam" if "adam" in name else "sdtm"
    study, define = load(tmp_path / "draft", part), read_any(reference / "define" / f"{name}.xml", Problems())
    groups = [one.name for one in define.metadata.item_groups if not one.name.startswith("SUPP")]
    assert sorted(study.datasets) == sorted(groups)
    assert all(map(is_draft, study.datasets.values()))
    labels = {one.name: one.label for one in define.metadata.item_groups}
    assert {name: spec.label for name, spec in study.datasets.items()} == {
        n: labels[n] for n in study.datasets
    }


@pytest.mark.parametrize("name", ["version20", "unseen"])
def test_other_defines_become_specs_that_load(name, tmp_path):
    assert spec_draft([HERE / f"{name}.xml"], tmp_path / "draft") == Exit.OK
    assert load(tmp_path / "draft").datasets


def test_what_specs_have_no_place_for_is_said():
    problems = Problems()
    draft_of(read_any(HERE / "unseen.xml", problems), "unseen.xml", problems)
    said = {(one.kind.code, one.what) for one in problems.items}
    assert ("DEFX-001", "analysis results") in said
    assert ("DEFX-001", "imputation as the type of a method") in said
    assert {one.level for one in problems.items} == {"query"}


def test_two_defines_of_a_study_become_one_draft():
    one = Draft({"study": "S", "standard": {"name": "SDTMIG"}, "documents": {"a": {}}}, {"sdtm/dm.yaml": {}})
    two = Draft(
        {"study": "S", "analysis": {"name": "ADaMIG"}, "documents": {"b": {}}}, {"adam/adsl.yaml": {}}
    )
    made = one.joined(two)
    assert list(made.study) == ["study", "standard", "analysis", "documents"]
    assert (list(made.study["documents"]), sorted(made.datasets)) == (
        ["b", "a"],
        ["adam/adsl.yaml", "sdtm/dm.yaml"],
    )


def test_nothing_is_written_over_or_after_an_error(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").write_text("")
    with pytest.raises(Refusal, match="CLI-002"):
        spec_draft([HERE / "unseen.xml"], tmp_path / "there")
    with pytest.raises(Refusal, match="DEF-001"):
        spec_draft([tmp_path / "none.xml"], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_another_standard_is_refused():
    define = changed(sample_define(), "study.metadata", standards=None)
    define = changed(define, "study.metadata.item_groups.0", purpose="")
    with pytest.raises(Refusal, match=r"DEFX-002 define\.xml no standard"):
        draft_of(define, "define.xml", Problems())


HARD = [
    "NO",
    "1",
    "- x",
    "a: b",
    "# c",
    "'q'",
    '"q"',
    "{x}",
    "@a",
    "*a",
    "a\nb",
    "  a  ",
    "~",
    "0x1",
    "ü €",
    "[",
    "=1+1",
]


@pytest.mark.parametrize("text", HARD)
def test_texts_of_a_define_stay_what_they_are(text, tmp_path):
    define = changed(sample_define(), "study.metadata.items.1", description=Description.of(text))
    write_draft(draft_of(define, "define.xml", Problems()), tmp_path / "draft")
    assert load(tmp_path / "draft").datasets["DM"].variables["SEX"].label == text


@pytest.mark.parametrize("name", ["include", "<<", "a\nb", "x" * 2000])
def test_names_that_are_no_keys_of_a_spec_are_left_out(name, tmp_path):
    term = changed(sample_define().metadata.codelists[0].coded[0], "", coded_value=name)
    own = {"coded": (term,), "is_non_standard": True, "oid": "CL.OWN"}
    define = changed(sample_define(), "study.metadata.codelists.0", **own)
    define = changed(define, "study.metadata.items.1", codelist=CodeListRef(codelist_oid="CL.OWN"))
    problems = Problems()
    write_draft(draft_of(define, "define.xml", problems), tmp_path / "draft")
    assert load(tmp_path / "draft").datasets["DM"].variables["SEX"].codelist == "OWN"
    assert [one.kind.code for one in problems.items] == ["DEFX-001"]


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))),
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))),
    )
)
def test_any_texts_come_back_from_yaml(texts):
    texts = {key: text for key, text in texts.items() if fits(key) and key not in ("include", "<<")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        path.write_text(written({"terms": {"x": "y", **texts}}, "study"), "utf-8", newline="\n")
        loading = Loading()
        tree = read_tree(path, Path(folder), loading)
        assert loading.problems.items == []
        assert tree["terms"] == {"x": "y", **texts}


def test_origins_that_specs_say(tmp_path):
    origins = (Origin(type="Collected", source="Investigator"), Origin(type="Collected", source="Vendor"))
    define = changed(sample_define(), "study.metadata.items.1", origins=origins)
    made = draft_of(define, "define.xml", Problems()).datasets["sdtm/dm.yaml"]["variables"]["SEX"]["origin"]
    assert made == {"type": "Collected", "source": "Investigator", "others": ["Vendor"]}
    assert "others: [Vendor]" in written({"origin": made}, "dataset")


def test_keys_that_a_define_does_not_name():
    define = changed(sample_define(), "study.metadata.item_groups.0.items.0", key_sequence=None)
    view, problems = View(define, "define.xml"), Problems()
    known = known_of(view, "sdtm")
    made = Datasets(view, known, Lists(view, known), problems).specs()
    assert made["DM"]["keys"] == ["USUBJID"]
    assert [one.line() for one in problems.items if one.kind.code == "DEFX-003"] == [
        "query DEFX-003 define.xml keys of DM. Correct it in the draft."
    ]


def said_of(define):
    """Give the draft of a define and the problems of it."""
    problems = Problems()
    made = draft_of(define, "define.xml", problems)
    return made, [(one.level, one.kind.code, one.what) for one in problems.items]


def test_a_dataset_that_is_described_twice_is_an_error():
    group = sample_define().metadata.item_groups[0]
    define = changed(sample_define(), "study.metadata", item_groups=(group, group))
    assert ("error", "DEFX-004", "dataset DM is described again") in said_of(define)[1]


def test_a_dataset_that_two_files_describe_is_an_error(tmp_path, capsys):
    for name in ("one.xml", "two.xml"):
        (tmp_path / name).write_bytes(define_bytes(sample_define()))
    assert spec_draft([tmp_path / "one.xml", tmp_path / "two.xml"], tmp_path / "draft") == Exit.SPEC
    said = " ".join(capsys.readouterr().err.split())
    assert "error DEFX-004 two.xml dataset DM is described in one.xml as well" in said
    assert not (tmp_path / "draft").exists()


@pytest.mark.parametrize("change", ["no dataset", "no variable", "no definition"])
def test_a_define_without_datasets_is_an_error(change):
    metadata = sample_define().metadata
    if change == "no definition":
        define = changed(sample_define(), "study.metadata", items=())
    else:
        groups = () if change == "no dataset" else (changed(metadata.item_groups[0], "", items=()),)
        define = changed(sample_define(), "study.metadata", item_groups=groups)
    made, said = said_of(define)
    assert made.datasets == {}
    assert ("error", "DEFX-005", "describes no dataset of which a spec can be drafted") in said


@pytest.mark.parametrize("length", [0, -3])
def test_a_length_that_is_none_is_left_out_and_said(length, tmp_path):
    define = changed(sample_define(), "study.metadata.items.1", length=length)
    made, said = said_of(define)
    assert ("query", "DEFX-001", f"length {length} of DM.SEX") in said
    write_draft(made, tmp_path / "draft")
    assert load(tmp_path / "draft").datasets["DM"].variables["SEX"].length is None


@pytest.mark.parametrize(
    ("href", "far"),
    [
        ("../../x.pdf", True),
        ("a/../../../x.pdf", True),
        ("C:\\x.pdf", True),
        ("sub\\x.pdf", True),
        ("/x.pdf", True),
        ("file:///x.pdf", True),
        ("x.pdf", False),
        ("a/../b/../x.pdf", False),
        ("../programs/adsl.txt", False),
        ("https://example.org/a/../../b", False),
    ],
)
def test_a_document_that_is_not_beside_the_define_is_said(href, far):
    define = changed(sample_define(), "study.metadata", leaves=(Leaf(id="LF.x", href=href),))
    assert ("DEFX-006" in [code for _, code, _ in said_of(define)[1]]) == far
