"""Checks that only SDTM has, against the implementation guide and the terminology as published."""

from __future__ import annotations

import numpy as np
import pytest

from sdtm.checks import SDTM_CHECKS
from sdtm.checks.design import DSDECOD, TSVAL
from sdtm.facts import sdtmig
from trialkit.attributes import Dataset
from trialkit.built import Built
from trialkit.cells import Cells
from trialkit.check import check
from trialkit.column import Column
from trialkit.context import Store
from trialkit.problems import Kind, Place, Problem
from trialkit.records import Records
from trialkit.spec import DatasetSpec, Variable
from trialkit.standard import Standard
from trialkit.terms import load_terminology

STANDARD = Standard("SDTMIG", "3.4", "sdtm", ("SDTM",), sdtmig(), (), lambda *_: (), checks=SDTM_CHECKS)
TERMS = load_terminology("SDTM", "2025-03-28")


def made(name, keys=(), supplemental=None, variables=None, **columns):
    """Make a finished dataset; values that every record shares may be given once."""
    spec = DatasetSpec.model_construct(
        dataset=name, domain="", label="", dataset_class="", structure="", working=False, checks=[],
        variables=variables or {}, supplemental=supplemental or {}, keys=list(keys), sort=[], records=[],
    )  # fmt: skip
    count = max(len(values) for values in columns.values() if isinstance(values, list))
    filled = {}
    for variable, values in columns.items():
        rows = values if isinstance(values, list) else [values] * count
        texts = all(isinstance(value, str) for value in rows)
        filled[variable] = Column.text(rows) if texts else Column.numbers(rows)
    metas = {variable: STANDARD.meta(spec, variable) for variable in filled}
    attributes = tuple(meta.attributes(filled[variable], []) for variable, meta in metas.items())
    return Built(spec, Dataset(name, "Label", attributes), metas, Records.start("RAW", filled, count))


def store_of(*others):
    tables = {one.name: one.as_table() for one in others}
    return Store(tables, subject="USUBJID", subjects="DM", terms=TERMS, facts=sdtmig())


DM = made("DM", USUBJID=["1", "2", "3"], RFSTDTC=["2021-03-05", "2021-03-05T10:00", ""])
# Tables show only what a case is about; that variables are absent is another test's concern.
QUIET = {"CHECK-101"}


def found(built, *others):
    problems = check(built, store_of(DM, built, *others), STANDARD)
    return [one for one in problems if one.kind.code not in QUIET]


def brief(built, *others):
    return [(one.kind.code, one.where.variable, one.cells.records.tolist()) for one in found(built, *others)]


def only(built, *others):
    [problem] = found(built, *others)
    assert problem.count == len(problem.cells.records)
    return problem.line(), problem.cells.records.tolist()


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("built", "line", "rows"),
    [
        (
            made("FA", FATESTCD=["OK", "1BAD", "TOOLONGNAME", "low"], FATEST=["A", "B", "C", "D"]),
            "error CHECK-201 FA.FATESTCD record 2 short name that is not allowed (3 times). "
            "Use at most 8 capital letters, digits or _, not a digit first.",
            [1, 2, 3],
        ),
        (
            made("FA", FATEST=["x" * 41, "x" * 40]),
            "error CHECK-202 FA.FATEST record 1 longer than 40 characters. Shorten it; it is never cut.",
            [0],
        ),
        (
            made("FA", FASEQ=[1.0, 0.0, 1.5]),
            "error CHECK-203 FA.FASEQ record 2 sequence number is not a positive whole number (2 times). "
            "Use the rule for sequences.",
            [1, 2],
        ),
        (
            made("SV", VISITDY=[1.0, 0.0, -1.0]),
            "error CHECK-204 SV.VISITDY record 2 study day is 0 or no whole number. "
            "Use the rule for study days: there is no day 0.",
            [1],
        ),
        (
            made("DM", COUNTRY=["USA", "US", ""]),
            "error CHECK-205 DM.COUNTRY record 2 not a country code of three letters. "
            "Map it to ISO 3166-1 alpha-3.",
            [1],
        ),
    ],
    ids=["short name", "long name", "sequence", "day zero", "country"],
)
def test_value(built, line, rows):
    mine = [one for one in found(built) if one.line() == line]
    assert [one.cells.records.tolist() for one in mine] == [rows], [one.line() for one in found(built)]


def test_criteria_may_have_long_names():
    assert brief(made("TI", IETEST=["x" * 150], IETESTCD=["INCL01"])) == []


def test_arms_and_elements_are_those_of_the_trial_design():
    ta = made("TA", ARMCD=["A", "A"], ETCD=["SCRN", "TRT"])
    te = made("TE", ETCD=["SCRN", "TRT"])
    dm = made("DM", USUBJID=["1", "2"], ARMCD=["A", "B"], ACTARMCD=["", "B"])
    assert brief(dm, ta) == [("CHECK-206", "ARMCD", [1]), ("CHECK-206", "ACTARMCD", [1])]
    assert found(dm, ta)[0].line() == (
        "error CHECK-206 DM.ARMCD record 2 value is not in TA.ARMCD. "
        "Use a value of the trial design dataset, or add it there."
    )
    assert brief(made("SE", ETCD=["SCRN", "UNPLAN", "XX"]), te) == [("CHECK-206", "ETCD", [2])]


def test_race_may_be_multiple_and_nothing_else_outside_its_codelist():
    assert brief(made("DM", RACE=["MULTIPLE", "WHITE"])) == []
    line, rows = only(made("DM", RACE=["MULTIPLE", "Caucasian", "White"]))
    assert line == (
        "error CHECK-110 DM.RACE record 2 value is not in codelist RACE (2 times). "
        "Use 'WHITE'. Map it to a submission value of the codelist."
    )
    assert rows == [1, 2]
    line, _ = only(made("DM", RACE=["Caucasian"]))  # near ASIAN, and no reason to say so
    assert line.endswith("RACE. Map it to a submission value of the codelist.")
    line, _ = only(made("DM", RACE=["WHITTE"]))
    assert "Did you mean 'WHITE'?" in line


def test_results_may_be_numbers_and_units_may_not():
    lb = made("LB", LBSTRESC=["5.1", "<0.5", "NEGATIVE", "?"], LBSTRESU=["g/L", "5", "", ""])
    assert brief(lb) == [("CHECK-111", "LBSTRESC", [3]), ("CHECK-111", "LBSTRESU", [1])]


def test_a_device_may_stand_in_place_of_the_subject():
    assert brief(made("EG", USUBJID=["", "1", ""], SPDEVID=["D1", "", ""])) == [("CHECK-102", "USUBJID", [2])]


def test_related_subjects_are_of_the_study_too():
    relsub = made("RELSUB", USUBJID=["1", "2"], RSUBJID=["2", "9"])
    assert brief(relsub) == [("CHECK-140", "RSUBJID", [1])]


def test_a_required_variable_that_is_absent():
    built = made("AE", USUBJID=["1"], AETERM=["Headache"])
    codes = [
        one.where.variable for one in check(built, store_of(DM), STANDARD) if one.kind.code == "CHECK-101"
    ]
    assert codes == ["STUDYID", "DOMAIN", "AESEQ", "AEDECOD"]


# ---------------------------------------------------------------- names, visits, sequence numbers


def test_name_that_is_not_the_one_of_its_short_name():
    lb = made("LB", LBTESTCD=["ALB", "ALT", "OWN"], LBTEST=["Albumin", "Albumin", "Own test"])
    mine = [one for one in found(lb) if one.kind.code == "CHECK-207"]
    assert [one.line() for one in mine] == [
        "error CHECK-207 LB.LBTEST record 2 LBTEST is not the name of LBTESTCD. "
        "Use 'Alanine Aminotransferase'. "
        "Map both from the terminology: decode the name from the short name."
    ]
    assert mine[0].cells.records.tolist() == [1]


def test_names_of_instruments_are_found_by_their_short_names():
    tc = next(one for n in TERMS.names if n.endswith("TC") and (one := TERMS.find(n)) and TERMS.partner(n))
    short = tc.values[0]
    right = TERMS.partner(tc.name).by_code[tc.by_value[short].code].value
    assert brief(made("QS", QSTESTCD=[short], QSTEST=[right])) == []
    assert ("CHECK-207", "QSTEST", [0]) in brief(made("QS", QSTESTCD=[short], QSTEST=["Another name"]))


def test_pairs_of_variables():
    sv = made("SV", VISITNUM=[1.0, 1.0, 1.0, 2.0], VISIT=["A", "A", "B", "A"])
    assert [(one.kind.code, one.what) for one in found(sv)] == [
        ("CHECK-131", "VISITNUM has more than one VISIT"),
        ("CHECK-131", "VISIT has more than one VISITNUM"),
    ]
    assert brief(made("DM", ARMCD=["A", "A", "A"], ARM=["Drug", "Drug", "Drugs"])) == [
        ("CHECK-131", "ARM", [2])
    ]


def test_criteria_go_together_within_their_version():
    columns = {"IETESTCD": ["INCL01", "INCL01"], "IETEST": ["Adult", "Adult of 65 or less"]}
    assert brief(made("TI", **columns, TIVERS=["1", "2"])) == []
    assert brief(made("TI", **columns, TIVERS=["1", "1"])) == [("CHECK-131", "IETEST", [1])]


def test_time_points_go_together_within_their_reference():
    columns = {"FATPTNUM": [1.0, 1.0], "FATPT": ["1 h", "2 h"]}
    assert brief(made("FA", **columns, FATPTREF=["DOSE 1", "DOSE 2"])) == []
    assert brief(made("FA", **columns, FATPTREF=["DOSE 1", "DOSE 1"])) == [("CHECK-131", "FATPT", [1])]


def test_visits_are_those_of_the_schedule():
    tv = made("TV", VISITNUM=[1.0, 2.0], VISIT=["SCREENING", "WEEK 2"])
    sv = made("FA", VISITNUM=[1.0, 2.0, 2.1, np.nan], VISIT=["SCREENING", "WEEK 3", "UNSCHEDULED 2.1", ""])
    line, rows = only(sv, tv)
    assert line == (
        "error CHECK-240 FA.VISIT record 2 visit name is not that of the visit number in TV. "
        "Map VISIT and VISITNUM from the visit schedule."
    )
    assert rows == [1]


def test_sequence_numbers_are_unique_within_a_subject():
    ae = made(
        "AE", ["USUBJID", "AETERM"], USUBJID=["1", "1", "2"], AESEQ=[1.0, 1.0, 1.0], AETERM=["A", "B", "A"]
    )
    line, rows = only(ae)
    assert line == (
        "error CHECK-208 AE.AESEQ record 1 AESEQ is not unique within USUBJID (2 times). "
        "Use the rule for sequences."
    )
    assert rows == [0, 1]


def test_sequence_numbers_among_the_keys_are_said_once():
    ae = made("AE", ["USUBJID", "AESEQ"], USUBJID=["1", "1"], AESEQ=[1.0, 1.0])
    assert brief(ae) == [("CHECK-130", "", [0, 1])]


def test_one_study():
    line, rows = only(made("SV", STUDYID=["A", "B", "A"]))
    assert (line, rows) == (
        "error CHECK-209 SV.STUDYID record 2 more than one study identifier. Map STUDYID to one value.",
        [1],
    )


# ---------------------------------------------------------------- demographics


def arms(reason, arm, actual):
    built = made("DM", ARMNRS=reason, ARMCD=arm, ARM=arm, ACTARMCD=actual, ACTARM=actual)
    return brief(built)


def test_arms_and_the_reason_why_they_are_null():
    assert arms(["", "SCREEN FAILURE", "ASSIGNED, NOT TREATED"], ["A", "", "A"], ["A", "", ""]) == []
    assert arms(["SCREEN FAILURE", "NOT ASSIGNED"], ["A", ""], ["", ""]) == [("CHECK-210", "ARMNRS", [0])]
    assert arms(["ASSIGNED, NOT TREATED", "UNPLANNED TREATMENT"], ["A", "A"], ["A", ""]) == [
        ("CHECK-210", "ARMNRS", [0])
    ]
    assert arms(["", ""], ["", "A"], ["A", ""]) == [("CHECK-211", "ARMNRS", [0, 1])]


def test_messages_of_arms():
    built = made("DM", ARMNRS=["SCREEN FAILURE", ""], ARMCD=["A", ""], ARM=["A", ""], ACTARMCD=["A", ""],
                 ACTARM=["A", ""])  # fmt: skip
    assert [one.line() for one in found(built)] == [
        "error CHECK-210 DM.ARMNRS record 1 arm has a value although a reason says why it is null. "
        "Leave the arm variables null for these subjects, or ARMNRS.",
        "error CHECK-211 DM.ARMNRS record 2 arm is null and no reason says why. "
        "Map ARMNRS for subjects without a planned or actual arm.",
    ]


def test_age_and_its_unit():
    line, rows = only(made("DM", AGE=[63.0, np.nan, 64.0, np.nan], AGEU=["YEARS", "YEARS", "", ""]))
    assert (line, rows) == (
        "error CHECK-212 DM.AGEU record 2 age and its unit do not stand together (2 times). "
        "Map both AGE and AGEU, or neither.",
        [1, 2],
    )


def test_reference_start_date_and_treatment():
    dm = made(
        "DM", RFSTDTC=["2021-03-05", "", ""], RFXSTDTC=["", "2021-03-05", ""], ARMNRS=["NOT ASSIGNED", "", ""]
    )
    assert [one.line() for one in found(dm)] == [
        "error CHECK-213 DM.RFSTDTC record 1 RFSTDTC has a value for a subject who was not assigned. "
        "RFSTDTC is null for subjects who were not assigned, and given for those who were treated.",
        "error CHECK-213 DM.RFSTDTC record 2 RFSTDTC is missing for a subject who was treated. "
        "RFSTDTC is null for subjects who were not assigned, and given for those who were treated.",
    ]


def test_death_flag():
    line, rows = only(made("DM", DTHDTC=["2021-03-05", "", "2021"], DTHFL=["Y", "", ""]))
    assert (line, rows) == (
        "error CHECK-214 DM.DTHFL record 3 date of death without the death flag. "
        "Map DTHFL to Y where DTHDTC has a value.",
        [2],
    )


# ---------------------------------------------------------------- days and dates


def test_study_days():
    lb = made(
        "LB",
        USUBJID=["1", "1", "1", "2", "1", "3", "2", "1"],
        LBDTC=[
            "2021-03-05T08:00",
            "2021-03-04",
            "2021-03-06",
            "2021-03-05",
            "2021-03",
            "2021-03-05",
            "",
            "2021-03-09",
        ],
        LBDY=[1.0, -1.0, 3.0, 1.0, 2.0, 1.0, np.nan, np.nan],
    )
    line, rows = only(lb)
    assert line == (
        "error CHECK-215 LB.LBDY record 3 LBDY is not the study day of LBDTC (3 times). "
        "Use the rule for study days; without a complete date or RFSTDTC there is none."
    )
    assert rows == [2, 4, 5]


def test_visit_days_are_planned_and_need_no_date():
    assert brief(made("SV", USUBJID=["1"], VISITDY=[4.0], SVSTDTC=["2021-03-09"], SVSTDY=[5.0])) == []


def test_end_before_start():
    ae = made(
        "AE",
        AESTDTC=["2021-03-05", "2021-03-05", "2021-03", "2021-03-05T10:00", "2021-04", "", "2021"],
        AEENDTC=["2021-03-04", "2021-03", "2021-02", "2021-03-05T09:59", "2021-04-01", "2021", ""],
    )
    line, rows = only(ae)
    assert line == (
        "query CHECK-216 AE.AEENDTC record 1 AEENDTC is before AESTDTC (3 times). "
        "Ask the site which of the two dates is right."
    )
    assert rows == [0, 2, 3]


def test_reference_period():
    dm = made("DM", RFXSTDTC=["2021-03-05"], RFXENDTC=["2021-03-04"], RFSTDTC=["2021-03-05"])
    assert brief(dm) == [("CHECK-216", "RFXENDTC", [0])]


# ---------------------------------------------------------------- results


def test_numbers_of_results():
    fa = made(
        "FA", FASTRESC=["5.0", "5.1", "", "<5", "7", "POS"], FASTRESN=[5.0, 5.2, np.nan, np.nan, np.nan, 1.0]
    )
    line, rows = only(fa)
    assert line == (
        "error CHECK-220 FA.FASTRESN record 2 FASTRESN is not the number in FASTRESC (3 times). "
        "Derive --STRESN from --STRESC: the number where it is one, else missing."
    )
    assert rows == [1, 4, 5]


def test_results_without_a_standard_result():
    fa = made("FA", FAORRES=["5", "x", ""], FASTRESC=["5", "", "3"])
    [problem] = found(fa)
    assert problem.line() == (
        "query CHECK-221 FA.FASTRESC record 2 FASTRESC is missing where FAORRES has a value. "
        "Say how it is standardised, or ask the site about it."
    )
    assert problem.cells.values.objects().tolist() == ["x"]


@pytest.mark.parametrize(
    ("variable", "codes"), [("FAORRES", ["CHECK-220"]), ("FADTC", ["CHECK-220", "CHECK-221"])]
)
def test_a_result_that_the_site_is_asked_about_is_not_found_again(variable, codes):
    fa = made(
        "FA", FAORRES=["9", "5", "x", "5"], FASTRESC=["9", "5", "", "5"], FASTRESN=[np.nan, 5, np.nan, 7]
    )
    doubtful = np.array([True, False, True, True])
    cells = Cells.of(fa.records, fa.records.columns["FAORRES"], doubtful, None)
    kind = Kind("Q-FA-01", "asked", "Ask the site.", severity="query")
    store = store_of(DM, fa)
    store.problems.add(Problem(kind, "asked", Place(dataset="FA", variable=variable), cells=cells))
    problems = [one for one in check(fa, store, STANDARD) if one.kind.code not in QUIET]
    assert [one.kind.code for one in problems] == codes
    # a number that contradicts the text is an error, whatever is asked
    assert 3 in problems[0].cells.records


def test_tests_not_done_have_no_results():
    fa = made("FA", FASTAT=["NOT DONE", "NOT DONE", ""], FAORRES=["5", "", "5"], FASTRESC=["5", "", "5"],
              FAREASND=["", "broken", "broken"])  # fmt: skip
    assert brief(fa) == [
        ("CHECK-222", "FAORRES", [0]),
        ("CHECK-222", "FASTRESC", [0]),
        ("CHECK-223", "FAREASND", [2]),
    ]
    assert [one.line() for one in found(fa)][1:] == [
        "error CHECK-222 FA.FASTRESC record 1 FASTRESC has a value where FASTAT is NOT DONE. "
        "Leave the results missing where --STAT is NOT DONE, or --STAT where there is a result.",
        "error CHECK-223 FA.FAREASND record 3 FAREASND has a value where FASTAT is not NOT DONE. "
        "Map --STAT where there is a reason, or the reason to another variable.",
    ]


def test_one_standard_unit_per_test():
    codes, units = ["XW", "XW", "XW", "XH"], ["kg", "kg", "LB", "cm"]
    line, rows = only(made("QS", QSTESTCD=codes, QSTEST=codes, QSSTRESU=units))
    assert line == (
        "query CHECK-224 QS.QSSTRESU record 3 QSTESTCD has more than one QSSTRESU. "
        "Convert the results of a test to one unit, or tell the tests apart."
    )
    assert rows == [2]
    assert brief(made("QS", QSTESTCD=codes, QSTEST=codes, QSSTRESU=units, QSSCAT=["A", "A", "B", "A"])) == []


def test_parts_of_a_cell_population_have_names_of_their_own():
    whole, part = "TLym Help Reg/TLym Help", "TLym Help Reg Sub/TLym Help"
    tests = [whole, part, whole, "TLym Help Reg Sub"]
    cp = made("CP", CPTEST=tests, CPSBMRKS=["CD31+", "CD31+", "", ""])
    assert only(cp) == (
        "error CHECK-225 CP.CPTEST record 1 CPTEST does not say that it is a subpopulation. "
        "Use the test with Sub in its name, or leave sublineage and cell state missing.",
        [0],
    )
    cp = made(
        "CP", CPTEST=[part] * 3, CPCELSTA=["ACTIVATED", "ACTIVATED", ""], CPCSMRKS=["CD69+", "", "CD69+"]
    )
    line, rows = only(cp)
    assert rows == [1, 2]
    assert line.endswith("(2 times). Fill CPCELSTA and CPCSMRKS, or neither.")
    assert brief(made("CP", CPTEST=[part], CPCSMRKS=["CD69+"])) == [("CHECK-226", "CPCSMRKS", [0])]


# ---------------------------------------------------------------- related records


AE = made("AE", DOMAIN=["AE", "AE"], USUBJID=["1", "2"], AESEQ=[1.0, 2.0], AETERM=["A", "B"])


def supp(**changes):
    columns = {
        "RDOMAIN": "AE",
        "IDVAR": "AESEQ",
        "IDVARVAL": ["1"],
        "USUBJID": "1",
        "QNAM": "AEX",
        "QLABEL": "X",
    }
    return made("SUPPAE", **{**columns, **changes})


def test_supplemental_qualifiers_that_find_their_record():
    assert brief(supp(USUBJID=["1", "2"], IDVARVAL=["1", "2.0"]), AE) == []
    dm = made("SUPPDM", RDOMAIN="DM", IDVAR="", IDVARVAL="", USUBJID=["1"], QNAM="AEX", QLABEL="X")
    assert brief(dm, made("DM", DOMAIN=["DM"], USUBJID=["1"])) == []


@pytest.mark.parametrize(
    ("built", "line", "rows"),
    [
        (
            supp(RDOMAIN=["CM"]),
            "error CHECK-230 SUPPAE.RDOMAIN record 1 there is no dataset of domain CM. "
            "Build the domain in the same run, or correct RDOMAIN.",
            [0],
        ),
        (
            supp(IDVAR=["AESPID"]),
            "error CHECK-231 SUPPAE.IDVAR record 1 AESPID is not a variable of AE. "
            "Name a variable of the related dataset in IDVAR.",
            [0],
        ),
        (
            supp(USUBJID=["1", "1", "2"], IDVARVAL=["1", "2", "1"]),
            "error CHECK-232 SUPPAE.IDVARVAL record 2 there is no record of AE with this AESEQ (2 times). "
            "Give the value that IDVAR has in a record of the subject.",
            [1, 2],
        ),
        (
            supp(IDVAR="", IDVARVAL="", USUBJID=["3"]),
            "error CHECK-232 SUPPAE.USUBJID record 1 there is no record of AE with this USUBJID. "
            "Give the value that IDVAR has in a record of the subject.",
            [0],
        ),
        (
            supp(IDVARVAL=["1", ""]),
            "error CHECK-233 SUPPAE.IDVARVAL record 2 IDVAR and IDVARVAL do not stand together. "
            "Fill both, or neither.",
            [1],
        ),
        (
            supp(QNAM=["AEX", "AETERM"], QLABEL=["X", "Y"], IDVARVAL=["1", "1"]),
            "error CHECK-234 SUPPAE.QNAM record 2 QNAM is the name of a variable of the parent dataset. "
            "Map the value to the variable, or give the qualifier another name.",
            [1],
        ),
    ],
    ids=["domain", "variable", "record", "subject", "half", "name"],
)
def test_supplemental_qualifiers_that_lead_nowhere(built, line, rows):
    assert only(built, AE) == (line, rows)


def test_qualifiers_and_working_variables_of_the_parent_are_no_published_names():
    hidden = Variable.model_construct(working=True, value_level=[])
    built = supp(QNAM=["AETERM"], supplemental={"AETERM": hidden})
    assert brief(built, AE) == []


def test_parts_of_a_split_domain_are_found():
    lbch = made("LBCH", DOMAIN=["LB"], USUBJID=["1"], LBSEQ=[1.0])
    lbhe = made("LBHE", DOMAIN=["LB"], USUBJID=["1"], LBSEQ=[2.0])
    built = made(
        "SUPPLB", RDOMAIN="LB", IDVAR="LBSEQ", IDVARVAL=["1", "2", "3"], USUBJID="1", QNAM="Q", QLABEL="X"
    )
    assert brief(built, lbch, lbhe) == [("CHECK-232", "IDVARVAL", [2])]


def test_sequence_numbers_go_through_the_parts_of_a_split_domain():
    lb = made("LB", ["LBDTC"], DOMAIN="LB", USUBJID=["1", "2"], LBSEQ=[1.0, 1.0])
    lbch = made("LBCH", ["LBDTC"], DOMAIN="LB", USUBJID=["1", "1", "3"], LBSEQ=[1.0, 2.0, 1.0])
    assert "CHECK-236" not in {code for code, *_ in brief(lb, lbch)}
    assert ("CHECK-236", "LBSEQ", [0]) in brief(lbch, lb)


def test_relationships():
    columns = {"RDOMAIN": "AE", "IDVAR": "AESEQ"}
    alone = made(
        "RELREC", **columns, USUBJID=["1", "2", "2"], IDVARVAL=["1", "2", "2"], RELID=["R", "R", "R"]
    )
    line, rows = only(alone, AE)
    assert (line, rows) == (
        "error CHECK-235 RELREC.RELID record 1 relationship with a single member. "
        "Give every RELID at least two records.",
        [0],
    )
    whole = made("RELREC", **columns, USUBJID="", IDVARVAL="", RELID=["R", "R"], RELTYPE=["ONE", "MANY"])
    assert brief(whole, AE) == []


# ---------------------------------------------------------------- values that depend on others


def test_codelists_by_parameter_and_category_are_in_the_terminology():
    assert [name for name in (*TSVAL.values(), *DSDECOD.values()) if TERMS.find(name) is None] == []
    assert [name for name in TSVAL if name not in TERMS.codelist("TSPARMCD").by_value] == []


def test_disposition_terms_by_category():
    ds = made(
        "DS",
        DSCAT=["DISPOSITION EVENT", "PROTOCOL MILESTONE", "PROTOCOL MILESTONE", "DISPOSITION EVENT"],
        DSDECOD=["COMPLETED", "RANDOMIZED", "COMPLETED", "Nonsense"],
    )
    assert [(one.what, one.cells.records.tolist()) for one in found(ds)] == [
        ("value is not in codelist NCOMPLT or PROTMLST or OTHEVENT", [3]),
        ("value is not in codelist PROTMLST where DSCAT is PROTOCOL MILESTONE", [2]),
    ]


def test_trial_summary_values_by_parameter():
    codes = ["RANDOM", "TPHASE", "AGEMIN", "SSTDTC", "TITLE", "LENGTH"]
    values = ["Yes", "PHASE II TRIAL", "18 years", "05MAR2021", "", ""]
    ts = made("TS", TSPARMCD=codes, TSVAL=values, TSVALNF=["", "", "", "", "", "NA"])
    assert brief(ts) == [
        ("CHECK-110", "TSVAL", [0]),
        ("CHECK-121", "TSVAL", [2]),
        ("CHECK-120", "TSVAL", [3]),
        ("CHECK-241", "TSVAL", [4]),
    ]
    assert found(ts)[3].line() == (
        "error CHECK-241 TS.TSVAL record 5 trial summary parameter has neither a value nor a null flavor. "
        "Give TSVAL, or say in TSVALNF why it is null."
    )


def test_empty_datasets_have_nothing_to_find():
    for name in sorted(set(sdtmig().datasets) - {"SUPPQUAL"}):
        facts = sdtmig().dataset(name)
        columns = {
            one.name: Column.text([]) if one.type == "Char" else Column.numbers([]) for one in facts.variables
        }
        spec = made("DM", USUBJID=["1"]).spec.model_copy(update={"dataset": name, "keys": []})
        metas = {one: STANDARD.meta(spec, one) for one in columns}
        attributes = tuple(meta.attributes(columns[one], []) for one, meta in metas.items())
        built = Built(spec, Dataset(name, facts.label, attributes), metas, Records(columns, 0))
        codes = {one.kind.code for one in check(built, store_of(DM), STANDARD)}
        assert codes <= {"CHECK-113"}, (name, codes)
