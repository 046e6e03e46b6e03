"""Units: spellings, conversions against independent values, exactness and inverses."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.measures import measure, table
from trialkit.terms import load_terminology
from trialkit.units import Conversion, Linear, Units, read_conversions

SDTM = load_terminology("SDTM", "2025-03-28")
UNIT = SDTM.codelist("UNIT")
UNITS = Units(UNIT)
QUICK = settings(max_examples=150, derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, "10^9/L") for text in ("10^9/L", "×10⁹/L", "10*9/L", "G/L", "10^3/uL", "10³/µL")],
        *[(text, "10^9/L") for text in ("K/uL", "X 10^9 / L", "10**9/L", "10e9/L", "x10E3/uL")],
        *[(text, "10^9/L") for text in ("１０＾９/Ｌ", "10^9 cells/L")],
        *[(text, "10^6/L") for text in ("/mm3", "/uL", "/μL", "/µL", "个/μL", "cells/uL", "/cumm")],
        *[(text, "umol/L") for text in ("µmol/L", "μmol/L", "umol/l", "UMOL/L", "mcmol/L", "nmol/mL")],
        *[(text, "ng/L") for text in ("pg/mL", "pg/ml", "ng/L", "PG/ML")],
        *[(text, "mg/dL") for text in ("mg/dL", "mg/dl", "MG/DL", "mg%", "mg per dL", "㎎/dL")],
        *[(text, "mmHg") for text in ("mmHg", "mm Hg", "MMHG", "mmhg")],
        *[(text, "C") for text in ("C", "°C", "℃", "ºC", "deg C", "Celsius")],
        *[(text, "YEARS") for text in ("YEARS", "Years", "yrs", "year", "Yr")],
        *[(text, "mL/min/1.73 m2") for text in ("mL/min/1.73m2", "mL/min/1.73m²", "ml/min/1.73 m^2")],
        ("lb", "LB"), ("lbs", "LB"), ("kg/m^2", "kg/m2"), ("kg/m²", "kg/m2"), ("mIU/mL", "IU/L"),
        ("hr", "HOURS"), ("sec", "s"), ("U/l", "U/L"), ("bpm", "beats/min"), ("mm/hr", "mm/h"),
        ("g/24h", "g/day"), ("mcg", "ug"), ("10^3/mL", "10^6/L"),
        ("MILLIGRAM", "mg"), ("percent", "%"), ("％", "%"), ("cc", "mL"), ("mg/24 hrs", "mg/day"),
    ],
)  # fmt: skip
def test_spellings(text, value):
    assert UNITS.standard(text) == value


@pytest.mark.parametrize("text", ["", "Mg/dL", "MPa", "mrad", "furlong", "10^/L", "AU", "BAU /", "Mmol/L"])
def test_what_is_not_sure_is_not_guessed(text):
    assert UNITS.standard(text) is None


def test_every_submission_value_means_itself():
    assert [value for value in UNIT.values if UNITS.standard(value) != value] == []


def test_every_spelling_leads_to_a_submission_value():
    assert [row for row in table("spellings") if row["unit"] not in UNIT.by_value] == []


def test_synonyms_that_the_terminology_calls_equal_are_equal_in_size():
    different = []
    for term in UNIT.terms:
        whole = measure(term.value)
        for synonym in term.synonyms:
            other = measure(synonym)
            if whole and other and (ratio := other.ratio(whole)) and ratio != 1:
                different.append((term.value, synonym, ratio))
    assert different == []


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "analyte", "expected"),
    [
        # Independent values: SI Brochure and NIST SP 811; conversion tables of clinical chemistry.
        ("1", "mg/dL", "g/L", "", 0.01),
        ("7.5", "10^3/uL", "10^9/L", "", 7.5),
        ("4.2", "10^6/uL", "10^12/L", "", 4.2),
        ("150", "LB", "kg", "", 68.0388555),
        ("70", "in", "cm", "", 177.8),
        ("98.6", "F", "C", "", 37.0),
        ("37", "C", "F", "", 98.6),
        ("36.6", "C", "K", "", 309.75),
        ("300", "K", "F", "", 80.33),
        ("120", "mmHg", "kPa", "", pytest.approx(15.9987, abs=1e-4)),
        ("10", "cm H2O", "mmHg", "", pytest.approx(7.3556, abs=1e-4)),
        ("90", "min", "HOURS", "", 1.5),
        ("2", "WEEKS", "DAYS", "", 14.0),
        ("30", "MONTHS", "YEARS", "", 2.5),
        ("100", "kcal", "Joule", "", 418400.0),
        ("1", "mL/min", "L/h", "", 0.06),
        ("60", "mL/min/1.73 m2", "mL/s/1.73 m2", "", 1.0),
        ("5", "%", "fraction of 1", "", 0.05),
        ("1", "uL", "mm3", "", 1.0),
        ("1", "Ci", "MBq", "", 37000.0),
        ("100", "mg/dL", "mmol/L", "GLUC", pytest.approx(5.551, abs=1e-3)),
        ("1", "mg/dL", "umol/L", "CREAT", pytest.approx(88.4, abs=0.01)),
        ("1", "mg/dL", "umol/L", "BILI", pytest.approx(17.1, abs=0.01)),
        ("1", "mg/dL", "mmol/L", "CHOL", pytest.approx(0.02586, abs=1e-5)),
        ("1", "mg/dL", "mmol/L", "TRIG", pytest.approx(0.01129, abs=1e-5)),
        ("1", "mg/dL", "umol/L", "URATE", pytest.approx(59.48, abs=0.01)),
        ("1", "mg/dL", "mmol/L", "UREAN", pytest.approx(0.357, abs=1e-3)),
        ("1", "mg/dL", "mmol/L", "CA", pytest.approx(0.2495, abs=1e-4)),
        ("1", "mg/dL", "mmol/L", "PHOS", pytest.approx(0.3229, abs=1e-4)),
        ("1", "g/dL", "mmol/L", "HGB", pytest.approx(0.6206, abs=1e-4)),
        ("1", "pg", "fmol", "MCH", pytest.approx(0.06206, abs=1e-5)),
        ("1", "pg/mL", "pmol/L", "VITB12", pytest.approx(0.7378, abs=1e-4)),
        ("140", "mEq/L", "mmol/L", "SODIUM", 140.0),
        ("5", "mEq/L", "mmol/L", "CA", 2.5),
        ("10", "mg/dL", "mEq/L", "CA", pytest.approx(4.99, abs=0.001)),
        ("60", "U/L", "ukat/L", "ALT", 1.0),
        ("60", "U/L", "nkat/L", "ALT", 1000.0),
        ("40", "IU/L", "U/L", "AST", 40.0),
        ("53", "mmol/mol", "%", "HBA1C", pytest.approx(7.0, abs=0.01)),
        ("7", "%", "mmol/mol", "HBA1C", pytest.approx(53.0, abs=0.1)),
        ("42", "%", "L/L", "HCT", 0.42),
    ],
)
def test_conversions(value, from_unit, to_unit, analyte, expected):
    assert UNITS.convert(value, from_unit, to_unit, analyte) == expected


@pytest.mark.parametrize(
    ("from_unit", "to_unit", "analyte"),
    [
        ("mg/dL", "mmol/L", ""),
        ("mg/dL", "mmol/L", "ALB"),
        ("U/L", "ukat/L", ""),
        ("IU/L", "U/L", "GLUC"),
        ("IU/L", "mmol/L", "GLUC"),
        ("%", "mmol/mol", ""),
        ("%", "g/g", ""),
        ("%", "L/L", "HGB"),
        ("mEq/L", "mmol/L", "GLUC"),
        ("beats/min", "breaths/min", ""),
        ("TABLET", "mg", ""),
        ("mg", "", ""),
        ("", "", ""),
        ("furlong", "m", ""),
        ("m/s", "Hz", ""),
    ],
)
def test_what_nothing_says_is_not_converted(from_unit, to_unit, analyte):
    assert UNITS.convert("1", from_unit, to_unit, analyte) is None


def test_the_study_comes_first_and_sizes_stay_exact():
    rows, found = read_conversions(
        "from,to,factor,offset,analyte,source\n"
        "mg/dL,mmol/L,0.05551,,GLUC,lab manual\n"
        "mg/dL,mmol/L,1,,,\n"
        "mmHg,kPa,0.1333,,,\n"
        "scoop,g,5,,,\n",
        "units.csv",
    )
    units = Units(UNIT, tuple(rows))
    assert found.items == []
    assert units.convert("100", "mg/dL", "mmol/L", "GLUC") == 5.551
    assert units.convert("100", "g/L", "mmol/L", "GLUC") == 555.1
    assert units.convert("100", "mg/dL", "mmol/L", "CREAT") == 100.0
    assert units.convert("1", "mmHg", "kPa") == 0.1333
    assert units.convert("1", "mmHg", "cmHg") == 0.1
    assert units.convert("2", "scoop", "mg") == 10000.0
    assert units.convert("10", "g", "scoop") == 2.0


def test_synonyms_of_the_study_name_units():
    own = SDTM.extended({"UNIT": {"terms": {"mg/dL": ["mg pro dL"], "spots": ["Flecken"]}}})
    units = Units(own.codelist("UNIT"))
    assert units.convert("1", "mg pro dL", "g/L") == 0.01
    assert units.standard("Flecken") == "spots"


def test_all_problems_of_a_table_are_reported():
    rows, found = read_conversions(
        "from,to,factor,offset,analyte,source\n"
        "mg,g,0.001,,,\n"
        "mg,g,zero,,,\n"
        "mg,g,0,,,\n"
        ",g,1,,,\n"
        "g,mg,1000,,,\n"
        "F,C,5/9,x,,\n",
        "units.csv",
    )
    assert [row.from_unit for row in rows] == ["mg", "g"]
    assert [problem.line().split(". ")[0] for problem in found.items] == [
        "error UNIT-002 units.csv:3 the factor 'zero' or its offset is not a number",
        "error UNIT-002 units.csv:4 the factor '0' or its offset is not a number",
        "error UNIT-003 units.csv:5 the conversion has no unit to start from or to arrive at",
        "error UNIT-002 units.csv:7 the factor '5/9' or its offset is not a number",
        "error UNIT-004 units.csv the conversion of g to mg for '' is there twice",
    ]


def test_a_missing_column_is_reported():
    rows, found = read_conversions("from,too,factor\n", "units.csv")
    assert rows == []
    assert [problem.line() for problem in found.items] == [
        "error UNIT-001 units.csv:1 column 'to' is missing. Did you mean 'too'?"
    ]


def test_molar_masses_follow_from_the_formula():
    weights = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Na": 22.990, "Mg": 24.305, "P": 30.974,
               "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Fe": 55.845, "Co": 58.933, "Cu": 63.546,
               "Zn": 65.38, "I": 126.90, "Li": 6.94}  # fmt: skip
    for row in table("molar"):
        parts = re.findall(r"([A-Z][a-z]?)(\d*)", row["formula"])
        total = sum(weights[element] * int(count or 1) for element, count in parts)
        assert not row["formula"] or float(row["molar_mass"]) == pytest.approx(total, abs=0.001), row
        assert row["analyte"] in SDTM.codelist("LBTESTCD").by_value


def test_every_fact_has_a_source():
    for name in ("atoms", "conversions", "molar"):
        assert all(row["source"] for row in table(name))


MEASURED = [unit for unit in UNIT.values if measure(unit)]


@QUICK
@given(
    st.sampled_from(MEASURED), st.sampled_from(MEASURED), st.sampled_from(["", "GLUC", "CA", "ALT", "HBA1C"])
)
def test_there_and_back_is_the_same(one, other, analyte):
    there, back = UNITS.factor(one, other, analyte), UNITS.factor(other, one, analyte)
    assert (there is None) == (back is None)
    if there and back:
        assert there.then(back) == Linear(Fraction(1))


@QUICK
@given(
    st.fractions(min_value=Fraction(1, 1000), max_value=1000), st.fractions(-1000, 1000, max_denominator=1000)
)
def test_a_linear_conversion_has_an_inverse(factor, offset):
    linear = Linear(factor, offset)
    assert linear.then(linear.inverse()) == Linear(Fraction(1))
    assert Conversion("a", "b", linear.inverse().inverse()).linear == linear


@QUICK
@given(st.text(max_size=12))
def test_no_text_breaks_the_spelling(text):
    assert UNITS.standard(text) in {None, *UNIT.values}


@pytest.mark.parametrize("factor", ["1e400", "1e-400", "1e999999999", "-1", "9" * 200])
def test_a_factor_that_no_unit_has_is_refused(factor):
    rows, found = read_conversions(f"from,to,factor,offset\nmg,g,{factor},\n", "units.csv")
    assert rows == []
    assert [problem.kind.code for problem in found.items] == ["UNIT-002"]


def test_a_result_beyond_all_range_is_infinite():
    assert UNITS.convert("1" + "0" * 400, "g", "mg") == math.inf
