"""The raw export as plain pandas reads it: forms cleaned, one row per entry, ISO 8601 dates, who is who.

Facts: section 4 of the study's annex (files, encodings, notations) and its corrections 2 (identity by
hospital number and sample number) and 3 (of two entries the later one by its time of entry).
"""

import csv
import re
import unicodedata
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

MISSING = {"/", "NA", "ND", "--", "未做"}
WEEKS = range(4, 52, 4)
VISITS = {"筛选期": 1, "基线": 2, "W0": 2, "提前退出": 99}
VISITS |= {name: 2 + week // 4 for week in WEEKS for name in (f"W{week}", f"第{week}周", f"第{week}周访视")}
NAMES = {1: "SCREENING", 2: "WEEK 0", 99: "EARLY TERMINATION"} | {
    2 + week // 4: f"WEEK {week}" for week in WEEKS
}
DAYS = {1: -14, 2: 1} | {2 + week // 4: 7 * week + 1 for week in WEEKS}
WRITTEN = re.compile(r"(\d{4})(?:[-/.年]?(\d{1,2}|UK))(?:[-/.月]?(\d{1,2}|UK))日?")


def clean(text):
    """Full-width characters as ASCII, no blanks around."""
    return unicodedata.normalize("NFKC", text).strip() if text.strip() else ""


def form(path, encoding="gb18030", header=2, missing=MISSING):
    """Read a CSV form; rows whose bytes are not of the encoding, or which lost a comma, are left out."""
    rows = []
    for line in path.read_bytes().splitlines():
        try:
            rows += csv.reader([line.decode(encoding)])
        except UnicodeDecodeError:
            rows.append([])
    names = [name.removeprefix("\ufeff") for name in rows[0]]
    rows = [[clean(text) for text in row] for row in rows[header:] if len(row) == len(names)]
    table = pd.DataFrame(rows, columns=names, dtype=object)
    return table.mask(table.isin(missing), "").drop_duplicates(ignore_index=True)


def iso(text):
    """A date as collected in ISO 8601: known parts only; empty when the calendar has no such date."""
    found = WRITTEN.fullmatch(text)
    if not found:
        return ""
    year, month, day = found.groups()
    if month == "UK":
        return year
    if day == "UK":
        return f"{year}-{int(month):02}"
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def british(text):
    """The same for a date written day first."""
    day, _, rest = text.partition("/")
    month, _, year = rest.partition("/")
    return iso(f"{year}/{month}/{day}")


def with_serial(text):
    """The same where a spreadsheet may have left its count of days."""
    if re.fullmatch(r"[34]\d{4}", text):
        return (date(1899, 12, 30) + timedelta(int(text))).isoformat()
    return iso(text)


def clock(text):
    """A time of day: 8:02, or 上午8点 (a.m.) and 下午3点 (p.m.), which say no minute."""
    spoken = re.fullmatch(r"(上午|下午)(\d{1,2})点", text)
    if spoken:
        return f"{int(spoken[2]) % 12 + 12 * (spoken[1] == '下午'):02}"
    return text.zfill(5) if re.fullmatch(r"\d{1,2}:\d\d", text) else ""


def moment(day, time):
    """Date and time together, the time only where the date is whole."""
    day, time = iso(day), clock(time)
    return f"{day}T{time}" if len(day) == 10 and time else day


def visitnum(text):
    """The number of a visit by its name; of an unscheduled one the number in its name."""
    if text.startswith("计划外"):
        return float(text.removeprefix("计划外"))
    return float(VISITS.get(text, "nan"))


def visit(number):
    """The name of a visit in SDTM."""
    return NAMES[int(number)] if number == int(number) else f"UNSCHEDULED {number:g}"


def latest(table, keys):
    """Of several entries with the same keys the one entered last."""
    return table.sort_values("AUDITTIME", kind="stable").drop_duplicates(keys, keep="last")


def study_day(text, reference):
    """Study day of SDTM: the reference is day 1, the day before it day -1, and only whole dates have one."""
    if len(text) < 10 or len(reference) < 10:
        return float("nan")
    days = (date.fromisoformat(text[:10]) - date.fromisoformat(reference[:10])).days
    return float(days + (days >= 0))


class Export:
    """A folder of raw files, with what several datasets need from it."""

    def __init__(self, folder):
        self.folder = folder

    def visits_of(self, name, when, read=iso):
        """A form filled at visits, one row per subject and visit, of known subjects and visits."""
        table = form(self.folder / f"{name}.csv").merge(self.people[["SCRNO", "USUBJID"]], on="SCRNO")
        table["VISITNUM"] = table.VISIT.map(visitnum)
        table["DTC"] = table[when].map(read)
        keys = ["USUBJID", "VISITNUM"] if name != "VISIT" else ["SCRNO", "VISITNUM"]
        return latest(table.dropna(subset=["VISITNUM"]), keys)

    @cached_property
    def people(self):
        """One row per screening; a person is known by the hospital number and named by the first one."""
        table = form(self.folder / "SUBJ.csv")
        table = latest(table[(table.SCRNO != "") & (table.MRN != "")], ["SCRNO"])
        table["ICDTC"] = table.ICDAT.map(iso)
        table = table.sort_values(["ICDTC", "SCRNO"])
        table["USUBJID"] = "M2020420-01-" + table.groupby("MRN").SCRNO.transform("first")
        return table

    @cached_property
    def persons(self):
        """One row per person: the last screening, the first consent, first and last injection."""
        last = self.people.drop_duplicates("USUBJID", keep="last").set_index("USUBJID")
        last["FIRSTIC"] = self.people[self.people.ICDTC != ""].groupby("USUBJID").ICDTC.min()
        last["LASTIC"] = self.people.groupby("USUBJID").ICDTC.max()
        given = self.injections.groupby("USUBJID").DTC
        last["FIRSTDOSE"], last["LASTDOSE"] = given.min(), given.max()
        return last.fillna({"FIRSTDOSE": "", "LASTDOSE": "", "FIRSTIC": ""})

    @cached_property
    def injections(self):
        """The injections that were given."""
        table = form(self.folder / "DOSE.csv").merge(self.people[["SCRNO", "USUBJID"]], on="SCRNO")
        table = table[table.GIVEN.isin(["是", "1", "√", "否", "0"])]
        table = table[table.SITE.isin(["", "腹部", "左上臂", "右上臂", "左大腿", "右大腿"])]
        table = latest(table, ["SCRNO", "CYCLE", "INJNO"])
        table["DTC"] = [moment(*pair) for pair in zip(table.ACTDAT, table.ACTTIM, strict=True)]
        return table[table.GIVEN.isin(["是", "1", "√"]) & (table.DTC != "")]

    @cached_property
    def samples(self):
        """The samples whose subject is certain: both numbers agree, and the number is of one sample."""
        table = form(self.folder / "SAMPLES.csv").merge(
            self.people[["SCRNO", "MRN", "USUBJID"]], on=["SCRNO", "MRN"]
        )
        table["VISITNUM"] = table.VISIT.map(visitnum)
        table = latest(table.dropna(subset=["VISITNUM"]), ["SCRNO", "VISITNUM", "MATRIX"])
        table = table[(table.SAMPNO == "") | ~table.SAMPNO.duplicated(keep=False)].copy()
        table["DTC"] = [moment(*pair) for pair in zip(table.COLDAT, table.COLTIM, strict=True)]
        return table

    @cached_property
    def visits(self):
        """The log of visits with their dates."""
        return self.visits_of("VISIT", "VISDAT", with_serial)

    @cached_property
    def endings(self):
        """How each participation ended."""
        table = form(self.folder / "DS.csv").merge(self.people[["SCRNO", "USUBJID"]], on="SCRNO")
        table = latest(table, ["SCRNO"])
        for name in ("ENDDAT", "DTHDAT", "PEGDAT"):
            table[name] = table[name].map(iso)
        return table

    @cached_property
    def alsfrs(self):
        return self.visits_of("ALSFRS", "EVALDAT")

    @cached_property
    def roads(self):
        return self.visits_of("ROADS", "FILLDAT")

    @cached_property
    def alsaq(self):
        return self.visits_of("ALSAQ", "FILLDAT", british)

    @cached_property
    def mrc(self):
        return self.visits_of("MRC", "EVALDAT")

    @cached_property
    def starts(self):
        """The first day of each visit: of its log, forms and samples, not before the consent (annex 3.6)."""
        parts = [self.visits, self.alsfrs, self.roads, self.alsaq, self.mrc, self.samples]
        parts.append(self.visits_of("VS", "VSDAT"))
        days = pd.concat([part[["USUBJID", "VISITNUM", "DTC"]] for part in parts])
        days["DTC"] = days.DTC.str[:10]
        consent = days.USUBJID.map(self.persons.LASTIC).where(
            days.VISITNUM >= 2, days.USUBJID.map(self.persons.FIRSTIC)
        )
        whole = days[(days.DTC.str.len() == 10) & (consent <= days.DTC)]
        return whole.groupby(["USUBJID", "VISITNUM"]).DTC.min()
