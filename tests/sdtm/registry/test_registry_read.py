"""Study records: both forms say the same; files that are no records are refused with a code."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdtm.registry.countries import countries
from sdtm.registry.criteria import criteria
from sdtm.registry.page import page_tree
from sdtm.registry.read import pruned, read_record
from sdtm.registry.record import Record
from sdtm.registry.texts import enumeration, iso_date, iso_duration, pieces, plain, shortened
from trialkit.problems import Exit, Refusal

RECORDS = Path(__file__).parent / "records"
TREE = json.loads((RECORDS / "trial.json").read_text(encoding="utf-8"))


def said(record: Record) -> dict:
    """Give what a record says, with criteria as they are understood and countries once each."""
    data = record.model_dump()
    data["criteria"] = [(one.short_name, one.text) for one in criteria(record.criteria)]
    data["locations"] = sorted({one.country for one in record.locations})
    data["title"] = plain(record.title)
    data["others"] = ()
    return data


def test_both_forms_say_the_same():
    assert said(read_record(RECORDS / "trial.txt")) == said(read_record(RECORDS / "trial.json"))


def test_a_record_says_what_its_json_has():
    record = read_record(RECORDS / "trial.json")
    assert (record.nct, record.study, record.phases) == ("NCT99990001", "DEMO01", ("PHASE2", "PHASE3"))
    assert (record.enrolled, record.start.actual, record.healthy) == (1200, True, False)
    assert [arm.type for arm in record.arms] == ["EXPERIMENTAL", "PLACEBO_COMPARATOR"]
    assert [one.short_name for one in criteria(record.criteria)] == [
        "INCL01",
        "INCL02",
        "INCL03",
        "EXCL01",
        "EXCL02",
    ]
    assert criteria(record.criteria)[2].text == "One of the following: restless widgets; loose screws"
    assert criteria(record.criteria)[1].text == "Score > 10 and creatinine <=1.5 mg/dL"


def test_the_one_study_of_a_search_is_read(tmp_path):
    file = tmp_path / "search.json"
    file.write_text(json.dumps({"totalCount": 1, "studies": [TREE]}))
    assert read_record(file) == read_record(RECORDS / "trial.json")


def study(**changes):
    tree = copy.deepcopy(TREE)
    tree["protocolSection"].update(changes)
    return json.dumps(tree).encode()


BAD = {
    "empty": (b"", "REG-003", "no NCT number is in the text"),
    "page of something else": (b"Shopping list\nmilk\n", "REG-003", "no NCT number is in the text"),
    "not UTF-8": ("NCT99990001 白".encode("gb18030"), "REG-001", "not utf-8 text"),
    "cut off": (b'{"protocolSection": {', "REG-002", "property name"),
    "too deep": (b"[" * 200_000, "REG-002", "too deep"),
    "a list": (b"[]", "REG-003", "there is no protocolSection"),
    "nothing": (b"{}", "REG-003", "there is no protocolSection"),
    "old interface": (b'{"FullStudy": {}}', "REG-003", "there is no protocolSection"),
    "a text": (b'{"protocolSection": "x"}', "REG-003", "there is no protocolSection"),
    "no study": (b'{"studies": []}', "REG-003", "there is no protocolSection"),
    "two studies": (json.dumps({"studies": [TREE, TREE]}).encode(), "REG-003", "2 studies are in the file"),
    "no number": (study(identificationModule={}), "REG-004", "identificationModule.nctId: field required"),
    "another number": (study(identificationModule={"nctId": "ISRCTN1"}), "REG-004", "string should match"),
    "count in words": (
        study(designModule={"enrollmentInfo": {"count": "many"}}),
        "REG-004",
        "protocolSection.designModule.enrollmentInfo.count: input should be a valid integer",
    ),
    "arms that are none": (study(armsInterventionsModule={"armGroups": [7]}), "REG-004", "armGroups.0"),
    "a module that is a text": (study(identificationModule="x"), "REG-004", "nctId: field required"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_what_is_no_record_is_refused(case, tmp_path):
    data, code, what = BAD[case]
    file = tmp_path / "record.json"
    file.write_bytes(data)
    with pytest.raises(Refusal) as refusal:
        read_record(file)
    problem = refusal.value.problems[0]
    assert problem.kind.code == code
    assert problem.kind.exit == Exit.SPEC
    assert problem.where.file == "record.json"
    assert what.lower() in problem.what.lower()


def test_a_folder_is_no_record(tmp_path):
    with pytest.raises(Refusal, match=r"REG-001 .* is a directory\. Give a file with UTF-8 text"):
        read_record(tmp_path)


def test_all_fields_that_do_not_fit_are_named():
    tree = copy.deepcopy(TREE)
    tree["protocolSection"]["designModule"]["enrollmentInfo"]["count"] = "many"
    tree["protocolSection"]["eligibilityModule"]["sex"] = ["ALL"]
    with pytest.raises(ValueError, match="2 validation errors"):
        Record.model_validate(tree)


def test_what_is_null_is_not_said():
    tree = copy.deepcopy(TREE)
    tree["protocolSection"]["oversightModule"] = None
    tree["protocolSection"]["designModule"]["phases"] = [None]
    record = Record.model_validate(pruned(tree))
    assert (record.committee, record.phases) == (None, ())


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def paths(tree, above=()):
    yield above
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from paths(value, (*above, key))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from([one for one in paths(TREE) if one]), value=TREES)
def test_a_damaged_record_is_read_or_refused(path, value, tmp_path):
    tree = copy.deepcopy(TREE)
    spot = tree
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = value
    file = tmp_path / "record.json"
    file.write_text(json.dumps(tree), encoding="utf-8")
    try:
        codes = {read_record(file).nct[:3]}
    except Refusal as refusal:
        codes = {one.kind.code for one in refusal.problems}
    assert codes <= {"NCT", "REG-003", "REG-004"}


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from((RECORDS / "trial.txt").read_text(encoding="utf-8").splitlines()), max_size=60)
)
def test_a_page_in_disorder_is_read(lines):
    assert Record.model_validate(page_tree("\n".join([*lines, "NCT99990001"]))).nct == "NCT99990001"


WORDS = st.lists(st.sampled_from(["age", "score", "ALS", "weeks", "10", "dose"]), min_size=1, max_size=6)
MARKS = st.sampled_from(["* ", "- ", "1. ", "2) ", "a. ", "  * ", "    - ", ""])


@settings(max_examples=200)
@given(st.lists(st.tuples(MARKS, WORDS, st.booleans()), max_size=12))
def test_no_word_of_the_criteria_is_lost(lines):
    text = "Inclusion Criteria:\n"
    for mark, words, blank in lines:
        text += f"{mark}{' '.join(words)}\n" + ("\n" if blank else "")
    made = criteria(text)
    found = " ".join(one.text for one in made).replace(":", "").replace(";", "").split()
    assert found == [word for _, words, _ in lines for word in words]
    assert [one.number for one in made] == list(range(1, len(made) + 1))


def test_criteria_of_many_forms():
    text = (
        "Key Inclusion Criteria\n1. Age\n   a. over 18\n   b. under 70\n2. Consent\n\n"
        "EXCLUSION CRITERIA:\nPregnant\nor nursing\n\nRust"
    )
    assert [(one.short_name, one.text) for one in criteria(text)] == [
        ("INCL01", "Age: over 18; under 70"),
        ("INCL02", "Consent"),
        ("EXCL01", "Pregnant or nursing"),
        ("EXCL02", "Rust"),
    ]


def test_a_word_that_begins_like_a_heading_is_none():
    text = "Inclusion Criteria:\n- Inclusion in another study ended\n- Exclusionary findings absent"
    assert [one.category for one in criteria(text)] == ["INCLUSION", "INCLUSION"]


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab \n"), max_size=80).map(plain), st.integers(1, 20))
def test_pieces_lose_nothing_and_are_short(text, longest):
    made = pieces(text, longest)
    assert max(map(len, made)) <= longest
    assert "".join(made).replace(" ", "") == text.replace(" ", "")
    assert len(shortened(text, 20)) <= 20


def test_plain_texts_are_ascii():
    assert (
        plain("µ ≥ 5 °C – “x”…\t½ naïve β2 A\u00a0B Ｆ") == 'u >= 5 degrees C - "x"... 1/2 naive beta2 A B F'
    )
    assert plain("A\x1b[31mB\u202e") == "A[31mB"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("July 7, 2021", "2021-07-07"),
        ("JULY 2021", "2021-07"),
        ("2021", "2021"),
        ("7 July 2021", ""),
        ("", ""),
    ],
)
def test_dates_of_the_page(text, date):
    assert iso_date(text) == date


def test_ages_and_values_of_the_page():
    assert [iso_duration(one) for one in ("1 Year", "18 Months", "3 weeks", "90 Minutes", "Child")] == [
        *("P1Y", "P18M", "P3W", "PT90M", ""),
    ]
    assert enumeration("Observational [Patient Registry]") == "OBSERVATIONAL"
    assert enumeration("Non-Randomized") == "NON_RANDOMIZED"


@pytest.mark.parametrize(
    ("ages", "low", "high"),
    [
        ("18 Years to 70 Years (Adult, Older Adult)", "18 Years", "70 Years"),
        ("18 Years and older (Adult)", "18 Years", ""),
        ("up to 65 Years (Child, Adult)", "", "65 Years"),
        ("Child, Adult, Older Adult", "", ""),
    ],
)
def test_ages_of_the_page(ages, low, high):
    record = Record.model_validate(page_tree(f"NCT99990001\nAges Eligible for Study: | {ages} |"))
    assert (record.youngest, record.oldest) == (low, high)


def test_codes_of_countries_have_three_letters():
    assert all(len(code) == 3 and code.isupper() for code in countries().values())
