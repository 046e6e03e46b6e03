"""SDTM LB from the raw files of the two laboratories and the list of samples.

Facts: sections 1.6, 3.3, 3.6 and 4 of the annex, correction 10; SDTMIG 3.4 for --LOBXFL, --DY and EPOCH. A
laboratory has one reference range (or one limit of quantification) for a test: a row whose own, converted, is
ten times off was given in another unit than it says, and is not standardised (defect D08).
"""

import re
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from tests.double.export import DAYS, clean, form, study_day, visit

HEM, CHEM, IMM, PREG = "HEMATOLOGY", "CHEMISTRY", "IMMUNOLOGY", "PREGNANCY"
CYT, NFL = "CYTOKINES", "NEURODEGENERATION BIOMARKERS"
TESTS = {  # names on the reports, category, specimen, standard unit, test: annex 1.6
    "WBC": ("WBC 白细胞计数", HEM, "BLOOD", "10^9/L", "Leukocytes"),
    "LYM": ("LYM 淋巴细胞计数", HEM, "BLOOD", "10^9/L", "Lymphocytes"),
    "NEUT": ("NEUT 中性粒细胞计数", HEM, "BLOOD", "10^9/L", "Neutrophils"),
    "EOS": ("EOS 嗜酸性粒细胞计数", HEM, "BLOOD", "10^9/L", "Eosinophils"),
    "HGB": ("HGB 血红蛋白", HEM, "BLOOD", "g/L", "Hemoglobin"),
    "PLAT": ("PLT 血小板计数", HEM, "BLOOD", "10^9/L", "Platelets"),
    "ALT": ("ALT 谷丙转氨酶", CHEM, "SERUM", "U/L", "Alanine Aminotransferase"),
    "AST": ("AST 谷草转氨酶", CHEM, "SERUM", "U/L", "Aspartate Aminotransferase"),
    "BILI": ("TBIL 总胆红素", CHEM, "SERUM", "umol/L", "Bilirubin"),
    "CREAT": ("CREA 肌酐", CHEM, "SERUM", "umol/L", "Creatinine"),
    "UREAN": ("BUN 尿素氮", CHEM, "SERUM", "mmol/L", "Urea Nitrogen"),
    "CK": ("CK 肌酸激酶", CHEM, "SERUM", "U/L", "Creatine Kinase"),
    "CREATCLR": ("CCR 肌酐清除率", CHEM, "SERUM", "mL/min", "Creatinine Clearance"),
    "CRP": ("CRP C反应蛋白", IMM, "SERUM", "mg/L", "C Reactive Protein"),
    "IGG": ("IGG IgG 免疫球蛋白G", IMM, "SERUM", "g/L", "Immunoglobulin G"),
    "IGM": ("IGM IgM 免疫球蛋白M", IMM, "SERUM", "g/L", "Immunoglobulin M"),
    "C3": ("C3 补体C3", IMM, "SERUM", "g/L", "Complement C3"),
    "C4": ("C4 补体C4", IMM, "SERUM", "g/L", "Complement C4"),
    "HCG": ("U-HCG 尿HCG", PREG, "URINE", "", "Choriogonadotropin Beta"),
    "NFLP": ("NfL 神经丝轻链", NFL, "", "ng/L", "Neurofilament Light Chain Protein"),
    "INTLK6": ("IL-6", CYT, "", "ng/L", "Interleukin 6"),
    "INTLK10": ("IL-10", CYT, "", "ng/L", "Interleukin 10"),
    "INTLK17": ("IL-17A", CYT, "", "ng/L", "Interleukin 17"),
    "INTLK21": ("IL-21", CYT, "", "ng/L", "Interleukin 21"),
    "IFNG": ("IFN-γ", CYT, "", "ng/L", "Interferon Gamma"),
    "TNF": ("TNF-α", CYT, "", "ng/L", "Tumor Necrosis Factor"),
    "MCP1": ("CCL2", CYT, "", "ng/L", "Monocyte Chemotactic Protein 1"),
    "TGFB1": ("TGF-β1", CYT, "", "ug/L", "Transforming Growth Factor Beta 1"),
}
CODES = {name: code for code, (names, *_) in TESTS.items() for name in names.split()}
UNITS = {  # as collected, with micro signs and superscripts made plain: submission value of the terminology
    "pg/ml": "ng/L",
    "ng/l": "ng/L",
    "ng/ml": "ug/L",
    "10^9/l": "10^9/L",
    "*10^9/l": "10^9/L",
    "10*9/l": "10^9/L",
    "x10^9/l": "10^9/L",
    "g/l(count)": "10^9/L",
    "/mm3": "10^6/L",
    "/ul": "10^6/L",
    "10^6/l": "10^6/L",
    "g/l": "g/L",
    "mg/l": "mg/L",
    "u/l": "U/L",
    "iu/l": "IU/L",
    "umol/l": "umol/L",
    "mmol/l": "mmol/L",
    "ml/min": "mL/min",
    "mg/dl": "mg/dL",
    "g/dl": "g/dL",
}
FACTORS = {
    ("10^6/L", "10^9/L"): "0.001",
    ("ug/L", "ng/L"): "1000",
    ("ng/L", "ug/L"): "0.001",
    ("IU/L", "U/L"): "1",
}
WORDS = {"阳性": "POSITIVE", "阴性": "NEGATIVE", "弱阳性": "WEAKLY POSITIVE"}
FIRST_CELLS = re.compile(r"(?:WBC|LYM|NEUT|EOS|PLAT)")


def unit_of(text, code):
    """The submission value of a unit as it was written; G/L is giga per litre for counts of cells."""
    plain = text.replace("⁹", "^9").replace("⁶", "^6").replace("×", "x").replace("μ", "u").replace("µ", "u")
    plain = plain.replace("个", "").lower().replace("10^9^9", "10^9").replace("x109/l", "10^9/l")
    if plain == "g/l" and FIRST_CELLS.fullmatch(code):
        return "10^9/L"
    return UNITS.get(plain, "")


def converted(text, unit, wanted):
    """A number in another unit, exactly, with the sign of a limit before it; None where it can't be."""
    if unit == wanted:
        return text
    factor, (sign, number) = FACTORS.get((unit, wanted)), re.fullmatch(r"([<>]?)(.*)", text).groups()
    try:
        made = Decimal(number) * Decimal(factor)
    except (ArithmeticError, TypeError):
        return None
    return sign + f"{made.normalize():f}"


def as_number(text):
    """A number, or NaN for what is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return np.nan


def hospital(export):
    """Results of the hospital's laboratory; those of no certain sample are left out."""
    table = pd.read_excel(export.folder / "LABHOSP.xlsx", sheet_name="LIS", dtype=object, engine="openpyxl")
    table = table.map(lambda cell: "" if pd.isna(cell) else cell).drop_duplicates()
    table["LBDTC"], table["REPORTED"] = table.COLTIME.map(spoken), table.REPTIME.map(spoken)
    for name in ("MRN", "SAMPNO", "ITEM", "RESULT", "REFRANGE"):
        table[name] = table[name].map(lambda cell: clean(str(cell)))
    table["UNIT"] = table.UNIT.map(str).str.strip()
    table["LBTESTCD"] = table.ITEM.map(CODES)
    table["DAY"], table["MATRIX"] = table.LBDTC.str[:10], "静脉血"
    samples = export.samples.assign(DAY=export.samples.DTC.str[:10]).drop(columns="VISIT")
    table = table.merge(samples, on=["MRN", "SAMPNO", "DAY", "MATRIX"]).dropna(subset=["LBTESTCD"])
    table = table.sort_values("REPORTED", kind="stable").drop_duplicates(["SAMPNO", "LBTESTCD"], keep="last")
    ranges = table.REFRANGE.str.extract(r"^(?P<LBORNRLO>[^-]*)-(?P<LBORNRHI>.*)$").fillna("")
    table = table.assign(**ranges, LBSTNRC=table.REFRANGE.map(WORDS).fillna(""), LLOQ="")
    lysed = table.RESULT == "溶血"
    table["LBSPCCND"] = np.where(lysed, "HEMOLYZED", "")
    table["LBSTAT"] = np.where(lysed, "NOT DONE", "")
    table["LBREASND"] = np.where(lysed, "SPECIMEN HEMOLYZED", "")
    table["LBORRES"] = table.RESULT.mask(lysed, "").str.strip("↑↓ ").replace(WORDS)
    table["LBSPEC"] = table.LBTESTCD.map(lambda code: TESTS[code][2])
    return table


def spoken(cell):
    """Date and time of the laboratory's workbook, as text or as a cell with a date."""
    made = pd.to_datetime(cell, errors="coerce")
    return "" if pd.isna(made) else made.strftime("%Y-%m-%dT%H:%M")


def central(export):
    """Neurofilaments and cytokines; dates are those of the samples."""
    table = form(export.folder / "BIOMK.csv", "utf-8-sig", 1, set())
    table["MATRIX"] = table.MATRIX.replace("CSF", "脑脊液")
    table["LBSPEC"] = table.MATRIX.map({"血清": "SERUM", "脑脊液": "CEREBROSPINAL FLUID"})
    table["LBTESTCD"] = table.ITEM.map(CODES)
    table = table.merge(export.samples.drop(columns="VISIT"), on=["SAMPNO", "MATRIX"]).dropna(
        subset=["LBTESTCD"]
    )
    table = table.sort_values("RUNDAT", kind="stable").drop_duplicates(["SAMPNO", "LBTESTCD"], keep="last")
    return table.assign(LBDTC=table.DTC, LBORRES=table.RESULT)


def refused(export):
    """Lumbar punctures that the subject refused: NfL not done."""
    table = export.samples[(export.samples.COLSTAT == "未采集") & (export.samples.MATRIX == "脑脊液")]
    reasons = table.NDREASN.map({"患者拒绝": "SUBJECT REFUSED", "": ""})
    table = table.assign(LBTESTCD="NFLP", LBSPEC="CEREBROSPINAL FLUID", LBSTAT="NOT DONE", LBREASND=reasons)
    return table.assign(SAMPNO="", LBDTC="")


def standardised(table):
    """Results, limits and ranges in the standard unit of each test."""
    table["LBORRESU"] = [unit_of(*pair) for pair in zip(table.UNIT, table.LBTESTCD, strict=True)]
    table["WANTED"] = table.LBTESTCD.map(lambda code: TESTS[code][3])
    for name, source in {"LBSTNRLO": "LBORNRLO", "LBSTNRHI": "LBORNRHI", "LBLLOQ": "LLOQ"}.items():
        cells = zip(table[source], table.LBORRESU, table.WANTED, strict=True)
        table[name] = [as_number(converted(*cell)) if cell[0] else np.nan for cell in cells]
    usual = table.groupby("LBTESTCD")[["LBSTNRHI", "LBLLOQ"]].transform("median")
    off = pd.DataFrame({name: table[name] / usual[name] for name in usual})
    doubt = ((off > 10) | (off < 0.1)).any(axis=1)
    table.loc[doubt, ["LBSTNRLO", "LBSTNRHI"]] = np.nan
    cells = zip(table.LBORRES, table.LBORRESU, table.WANTED, table.LBLLOQ, doubt, strict=True)
    table["LBSTRESC"] = [standard(*cell) for cell in cells]
    table["LBSTRESN"] = table.LBSTRESC.map(as_number)
    table["LBSTRESU"] = table.WANTED.where(table.LBSTRESC != "", "")
    return table


def standard(result, unit, wanted, lloq, doubt):
    """The standard result of one row."""
    if not result or doubt:
        return "INDETERMINATE" if doubt else ""
    if result == "<LLOQ":
        return f"<{lloq:g}"
    made = converted(result, unit, wanted)
    return "INDETERMINATE" if made is None else made


def indicator(row):
    """LOW, NORMAL or HIGH against the range as collected; for words NORMAL or ABNORMAL."""
    if row.LBSTNRC and row.LBORRES:
        return "NORMAL" if row.LBORRES == row.LBSTNRC else "ABNORMAL"
    value, low, high = as_number(row.LBORRES), as_number(row.LBORNRLO), as_number(row.LBORNRHI)
    if np.isnan([value, low, high]).any():
        return ""
    return "LOW" if value < low else "HIGH" if value > high else "NORMAL"


def epoch(day, person, follow_up):
    """The epoch of a date: screening from the consent, treatment from the first injection, then follow-up."""
    first = person.FIRSTDOSE
    if not day or not person.FIRSTIC or day[:10] < person.FIRSTIC:
        return ""
    if not first or before(day, first):
        return "SCREENING"
    return "FOLLOW-UP" if follow_up and day[:10] >= follow_up else "TREATMENT"


def before(day, moment):
    """Whether one date and time is before another, as far as both are known."""
    size = min(len(day), len(moment))
    return day[:size] < moment[:size]


def follow_ups(export):
    """Start of the follow-up: day 29 of cycle 6 or week 24, the earlier one (annex 3.1 and 3.6)."""
    sixth = export.injections[export.injections.CYCLE == "6"].groupby("USUBJID").DTC.min().str[:10]
    sixth = sixth.map(lambda text: (date.fromisoformat(text) + timedelta(28)).isoformat())
    visits = export.visits.merge(export.people[["SCRNO", "ICDTC"]], on="SCRNO")
    visits = visits[(visits.VISITNUM == 8) & (visits.DTC != "") & (visits.DTC >= visits.ICDTC)]
    both = pd.concat([sixth, visits.set_index("USUBJID").DTC])
    return both.groupby(level=0).min()


def flagged(table):
    """The last result before the first injection, of each test and specimen (--LOBXFL)."""
    usable = table[~table.LBSTRESC.isin(["", "INDETERMINATE"]) & (table.LBSTAT == "") & (table.LBDTC != "")]
    usable = usable[(usable.FIRST != "")]
    early = [
        before(*pair) or pair[0][:16] == pair[1][:16] for pair in zip(usable.LBDTC, usable.FIRST, strict=True)
    ]
    usable = usable[early].sort_values(["LBDTC", "VISITNUM"])
    chosen = usable.drop_duplicates(["USUBJID", "LBTESTCD", "LBSPEC"], keep="last").index
    return pd.Series(np.where(table.index.isin(chosen), "Y", ""), table.index)


def lb(export):
    """The dataset."""
    table = pd.concat([hospital(export), central(export), refused(export)], ignore_index=True).fillna(
        dict.fromkeys(
            ("LBORRES", "UNIT", "LBORNRLO", "LBORNRHI", "LBSTNRC", "LLOQ", "LBSPCCND", "LBSTAT", "LBREASND"),
            "",
        )
    )
    table = standardised(table)
    persons, later = export.persons, follow_ups(export)
    table["FIRST"] = table.USUBJID.map(persons.FIRSTDOSE)
    table["LBLOBXFL"] = flagged(table)
    logged = export.visits.set_index(["SCRNO", "VISITNUM"]).DTC
    spots = zip(table.LBDTC, zip(table.SCRNO, table.VISITNUM, strict=True), strict=True)
    days = [day or logged.get(spot, "") for day, spot in spots]
    table = table.assign(
        STUDYID="M2020420",
        DOMAIN="LB",
        LBREFID=table.SAMPNO,
        LBLNKID=table.SAMPNO.where(table.LBSPEC == "CEREBROSPINAL FLUID", ""),
        LBTEST=table.LBTESTCD.map(lambda code: TESTS[code][4]),
        LBCAT=table.LBTESTCD.map(lambda code: TESTS[code][1]),
        LBNRIND=[indicator(row) for row in table.itertuples()],
        LBMETHOD=table.LBTESTCD.map(method),
        LBBLFL=table.LBLOBXFL,
        VISIT=table.VISITNUM.map(visit),
        VISITDY=table.VISITNUM.map(DAYS),
        EPOCH=[
            epoch(day, persons.loc[who], later.get(who, ""))
            for day, who in zip(days, table.USUBJID, strict=True)
        ],
        LBDY=[study_day(*pair) for pair in zip(table.LBDTC, table.FIRST, strict=True)],
    )
    table = table.sort_values(["USUBJID", "VISITNUM", "LBCAT", "LBTESTCD", "LBSPEC", "LBDTC"], kind="stable")
    table["LBSEQ"] = table.groupby("USUBJID").cumcount() + 1.0
    return table[VARIABLES]


def method(code):
    """The method of the central laboratory."""
    if code == "NFLP":
        return "SINGLE-MOLECULE ARRAY"
    return "MULTIPLEXED BEAD BASED IMMUNOASSAY" if TESTS[code][1] == CYT else ""


VARIABLES = [
    *(
        "STUDYID",
        "DOMAIN",
        "USUBJID",
        "LBSEQ",
        "LBREFID",
        "LBLNKID",
        "LBTESTCD",
        "LBTEST",
        "LBCAT",
        "LBORRES",
    ),
    *(
        "LBORRESU",
        "LBORNRLO",
        "LBORNRHI",
        "LBSTRESC",
        "LBSTRESN",
        "LBSTRESU",
        "LBSTNRLO",
        "LBSTNRHI",
        "LBSTNRC",
    ),
    *(
        "LBNRIND",
        "LBSTAT",
        "LBREASND",
        "LBSPEC",
        "LBSPCCND",
        "LBMETHOD",
        "LBLOBXFL",
        "LBBLFL",
        "VISITNUM",
        "VISIT",
    ),
    *("VISITDY", "EPOCH", "LBDTC", "LBDY", "LBLLOQ"),
]
