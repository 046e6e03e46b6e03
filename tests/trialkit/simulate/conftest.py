"""Reads a simulated export without any code of the toolkit, and looks for anomalies."""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from trialkit.simulate import simulate

STUDY = Path(__file__).parents[3] / "specs" / "nct04952155"
EDC = ["SUBJ", "VISIT", "SAMPLES", "DOSE", "ALSFRS", "ROADS", "ALSAQ"]
EDC += ["IE", "MH", "VS", "MRC", "AE", "CM", "DS"]
BLANK = {"", "/", "NA", "ND", "--", "未做"}
FULL = [
    re.compile(pattern)
    for pattern in (
        r"(\d{4})-(\d\d)-(\d\d)$",
        r"(\d{4})/(\d{1,2})/(\d{1,2})$",
        r"(\d{4})\.(\d\d)\.(\d\d)$",
        r"(\d{4})年(\d{1,2})月(\d{1,2})日$",
        r"(\d{4})(\d\d)(\d\d)$",
    )
]
PARTIAL = re.compile(r"\d{4}(-UK(-UK)?|年(\d{1,2}月)?|-\d\d(-UK)?|\.\d{1,2})$")
MEGA = {"万IU": 0.01, "万单位": 0.01, "MIU": 1, "million IU": 1, "百万IU": 1, "IU": 1e-6}
COUNTS = {"10^9/L": 1, "×10⁹/L": 1, "10*9/L": 1, "G/L": 1, "/mm3": 1000}
CUTOFF = date(2022, 12, 31)


class ImpossibleDateError(Exception):
    """A date that is not in the calendar."""


def plain(text):
    """Undo full-width digits and blanks at the end, as a mapping is expected to."""
    return unicodedata.normalize("NFKC", text).strip()


def day(text, serial=False, day_first=False):
    """Read a complete date; None for a blank or partial one."""
    text = plain(text)
    if text in BLANK or PARTIAL.match(text):
        return None
    if serial and re.fullmatch(r"\d{5}", text):
        return date(1899, 12, 30) + timedelta(int(text))
    if day_first:
        text = "-".join(reversed(text.split("/")))
    for pattern in FULL:
        if found := pattern.match(text):
            try:
                return date(*map(int, found.groups()))
            except ValueError:
                raise ImpossibleDateError(text) from None
    raise AssertionError(f"no known style: {text!r}")


def minutes(text):
    if not text:
        return None
    if "点" in text:
        return int(re.search(r"\d+", text)[0]) * 60 + (720 if "下午" in text else 0)
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


class Export:
    """An export and its truth; a row is a dict with its line under ``#``."""

    def __init__(self, folder, summary):
        self.folder, self.summary = folder, summary
        self.undecodable = set()

    def __getattr__(self, name):
        if name.startswith("_") or not name.isupper():
            raise AttributeError(name)
        rows = self._xlsx() if name == "LABHOSP" else self._csv(name)
        setattr(self, name, rows)
        return rows

    def truth(self, name):
        with (self.folder / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _csv(self, name):
        encoding = "gb18030" if name in EDC else "utf-8-sig"
        content = (self.folder / f"{name}.csv").read_bytes()
        end = b"\r\n" if name in EDC else b"\n"
        assert content.endswith(end)
        lines = content.split(end)[:-1]
        texts = []
        for number, line in enumerate(lines, start=1):
            try:
                texts.append(line.decode(encoding if number == 1 else encoding.removesuffix("-sig")))
            except UnicodeDecodeError:
                texts.append("")
                self.undecodable.add((name, number))
        rows = list(csv.reader(io.StringIO("\n".join(text or "\x00" for text in texts)), strict=True))
        head, first = rows[0], 2 if name in EDC else 1
        assert all(len(row) == len(head) for row in rows if row != ["\x00"])
        return [
            {"#": number + 1, **dict(zip(head, row, strict=True))}
            for number, row in enumerate(rows)
            if number >= first and row != ["\x00"]
        ]

    def _xlsx(self):
        rows = CalamineWorkbook.from_path(self.folder / "LABHOSP.xlsx").get_sheet_by_name("LIS").to_python()
        return [{"#": n + 2, **dict(zip(rows[0], row, strict=True))} for n, row in enumerate(rows[1:])]

    @cached_property
    def defects(self):
        return self.truth("defects")


class Checker:
    """Finds anomalies of an export from its files alone, as (file, line, what)."""

    def __init__(self, export):
        self.e, self.found = export, []
        self.subjects = {row["SCRNO"]: row for row in export.SUBJ}
        self.end = {row["SCRNO"]: day(row["ENDDAT"]) for row in export.DS}
        self.visits = {(row["SCRNO"], row["VISIT"]): row for row in export.VISIT}

    def note(self, file, row, what):
        self.found.append((file, row["#"], what))

    def date(self, file, row, name, **how):
        try:
            return day(row[name], **how)
        except ImpossibleDateError:
            self.note(file, row, "impossible date")
            return None

    def run(self):
        for name in ("keys", "subjects_", "visits_", "forms", "doses", "samples", "labs", "events", "ends"):
            getattr(self, name)()
        self.found += [(file, line, "undecodable") for file, line in self.e.undecodable]
        return self.found

    def keys(self):
        keys = {
            "SUBJ": ["SCRNO"], "DS": ["SCRNO"], "IE": ["SCRNO"], "MH": ["SCRNO", "MHNO"],
            "AE": ["SCRNO", "AENO"], "CM": ["SCRNO", "CMNO"], "DOSE": ["SCRNO", "CYCLE", "INJNO"],
            "VISIT": ["SCRNO", "VISIT"], "SAMPLES": ["SCRNO", "VISIT", "MATRIX"], "FLOW": ["SAMPNO"],
            "LABHOSP": ["SAMPNO", "ITEM"], "BIOMK": ["SAMPNO", "ITEM"],
            **{name: ["SCRNO", "VISIT"] for name in ("ALSFRS", "ROADS", "ALSAQ", "VS", "MRC")},
        }  # fmt: skip
        for file, columns in keys.items():
            groups = defaultdict(list)
            for row in getattr(self.e, file):
                groups[tuple(row[column] for column in columns)].append(row)
            for rows in groups.values():
                for row in rows if len(rows) > 1 else []:
                    self.note(file, row, "key stands twice")

    def subjects_(self):
        for row in self.e.SUBJ:
            enrolled, before = day(row["ENRDAT"]), plain(row["PREVNO"])
            consent = self.date("SUBJ", row, "ICDAT")
            if not 18 <= int(plain(row["AGE"])) <= 70 or not re.match(r"\d{4}", row["BIRTH"]):
                self.note("SUBJ", row, "age")
            if bool(row["ENRNO"]) != bool(enrolled) or (enrolled and enrolled <= consent):
                self.note("SUBJ", row, "enrolment")
            if (row["RESCR"] in ("是", "1")) != (before not in BLANK):
                self.note("SUBJ", row, "re-screening")
            if before not in BLANK and self.subjects[before]["MRN"] != row["MRN"]:
                self.note("SUBJ", row, "previous screening")
            audit = datetime.fromisoformat(row["AUDITTIME"]).date()
            if not consent <= audit <= CUTOFF:
                self.note("SUBJ", row, "audit time")

    def visits_(self):
        last = {}
        for row in self.e.VISIT:
            when = self.date("VISIT", row, "VISDAT", serial=True)
            subject = self.subjects[row["SCRNO"]]
            if (when is None) == (plain(row["MISSRSN"]) in BLANK) or (when is None) != (not row["VISMODE"]):
                self.note("VISIT", row, "neither done nor missed")
            if when is None:
                continue
            name, before = last.get(row["SCRNO"], ("", date(2000, 1, 1)))
            if when < day(subject["ICDAT"]):
                self.note("VISIT", row, "before consent")
                continue
            if when <= before and row["VISIT"] != name:
                self.note("VISIT", row, "out of order")
            last[row["SCRNO"]] = (row["VISIT"], when)
            enrolled = day(subject["ENRDAT"])
            if row["VISIT"] == "基线" and when != enrolled:
                self.note("VISIT", row, "baseline is not enrolment")
            if enrolled and when > self.end[row["SCRNO"]]:
                self.note("VISIT", row, "after the end")

    def form_of(self, file, row, when):
        name = row["VISIT"].removesuffix("访视")
        week = re.fullmatch(r"W(\d+)", name)
        name = {"0": "基线"}.get(week[1], f"第{week[1]}周") if week else name
        visit = self.visits.get((row["SCRNO"], name))
        if visit is None:
            return self.note(file, row, "no such visit")
        done = day(visit["VISDAT"], serial=True)
        if done is None:
            self.note(file, row, "form of a missed visit")
        elif when and when != done and done >= day(self.subjects[row["SCRNO"]]["ICDAT"]):
            self.note(file, row, "date differs from the visit's")
        return None

    def forms(self):
        for row in self.e.ALSFRS:
            when = self.date("ALSFRS", row, "EVALDAT")
            self.form_of("ALSFRS", row, when)
            if when is None and PARTIAL.match(row["EVALDAT"]):
                self.note("ALSFRS", row, "partial date")
            items = [plain(row[f"Q{n}"]) for n in range(1, 13) if n != 5]
            fives = [plain(row["Q5A"]), plain(row["Q5B"])]
            self.items("ALSFRS", row, items, 4)
            if sum(map(bool, fives)) != 1:
                self.note("ALSFRS", row, "items 5a and 5b")
            elif all(items) and self.wrong_sum([*items, "".join(fives)], row["TOTAL"]):
                self.note("ALSFRS", row, "total is not the sum")
        for file, count, most, letter, how in (
            ("ROADS", 28, 2, "R", {}),
            ("ALSAQ", 40, 4, "A", {"day_first": True}),
        ):
            for row in getattr(self.e, file):
                when = self.date(file, row, "FILLDAT", **how)
                self.form_of(file, row, when)
                if when is None and PARTIAL.match(row["FILLDAT"]):
                    self.note(file, row, "partial date")
                self.items(file, row, [plain(row[f"{letter}{n:02}"]) for n in range(1, count + 1)], most)
        for file, name in (("VS", "VSDAT"), ("MRC", "EVALDAT")):
            for row in getattr(self.e, file):
                self.form_of(file, row, self.date(file, row, name))
        for row in self.e.MRC:
            grades = [
                plain(cell).removesuffix("级") for name, cell in row.items() if str(name)[-2:] in ("_L", "_R")
            ]
            if len(grades) != 12 or not set(grades) <= {
                "0",
                "1",
                "2",
                "3",
                "4",
                "5",
                "4-",
                "4+",
                "III",
                "IV",
            }:
                self.note("MRC", row, "grade")
        for row in self.e.VS:
            high, low = map(int, plain(row["BP"]).split("/"))
            if not (
                80 < high < 180 and 40 < low < high and 34 < float(plain(row["TEMP"])) < 38 and row["WEIGHT"]
            ):
                self.note("VS", row, "vital signs")

    def wrong_sum(self, items, total):
        scores = list(map(int, items))
        return max(scores) < 5 and sum(scores) != int(total)

    def items(self, file, row, items, most):
        if "" in items:
            self.note(file, row, "item missing")
        if any(item and not 0 <= int(item) <= most for item in items):
            self.note(file, row, "item out of range")

    def doses(self):
        first = {}
        for row in self.e.DOSE:
            when, given = self.date("DOSE", row, "ACTDAT"), row["GIVEN"] in ("是", "1", "√")
            filled = [
                bool(plain(row[name]))
                for name in ("ACTDAT", "ACTTIM", "DOSE", "DOSEU", "SITE", "GIVER", "LOT")
            ]
            if set(filled) != {given} or given == (plain(row["MISSRSN"]) not in BLANK):
                self.note("DOSE", row, "given or not")
                continue
            if given:
                mega = round(float(plain(row["DOSE"])) * MEGA[plain(row["DOSEU"])], 6)
                if mega not in (0.5, 1.0):
                    self.note("DOSE", row, "dose")
                if not day(self.subjects[row["SCRNO"]]["ENRDAT"]) <= when <= self.end[row["SCRNO"]]:
                    self.note("DOSE", row, "injection outside the study")
                first.setdefault(row["SCRNO"], (when, minutes(row["ACTTIM"])))
        self.first_dose = first

    def samples(self):
        self.tubes = {}
        for row in self.e.SAMPLES:
            done = row["COLSTAT"] == "已采集"
            when = self.date("SAMPLES", row, "COLDAT")
            if {bool(row["SAMPNO"]), bool(when), bool(row["COLTIM"]), plain(row["NDREASN"]) in BLANK} != {
                done
            }:
                self.note("SAMPLES", row, "collected or not")
            if row["MRN"] != self.subjects[row["SCRNO"]]["MRN"]:
                self.note("SAMPLES", row, "hospital number")
            self.form_of("SAMPLES", row, when)
            if done:
                taken = (when, minutes(row["COLTIM"]))
                if row["VISIT"] == "基线" and taken >= self.first_dose.get(row["SCRNO"], (date.max, 0)):
                    self.note("SAMPLES", row, "baseline sample after the first injection")
                self.tubes[row["SAMPNO"]] = row

    def labs(self):
        for row in self.e.LABHOSP:
            tube = self.tubes.get(row["SAMPNO"])
            if tube is None or tube["MRN"] != row["MRN"]:
                self.note("LABHOSP", row, "sample and subject do not belong together")
            if (number := re.match(r"[<\d.]+", plain(row["RESULT"]).lstrip("<"))) and row["UNIT"]:
                self.scale(row, float(number[0]))
        for file in ("BIOMK", "FLOW"):
            for row in getattr(self.e, file):
                if row["SAMPNO"] not in self.tubes:
                    self.note(file, row, "unknown sample")
        for row in self.e.BIOMK:
            if (row["UNIT"] in ("ng/ml", "ng/mL")) != (row["ITEM"] == "TGF-β1"):
                self.note("BIOMK", row, "unit")

    def scale(self, row, value):
        low, high = map(float, row["REFRANGE"].split("-"))
        if not (low / 20 <= value <= high * 20):
            self.note("LABHOSP", row, "value far from its range")
        if row["UNIT"] in COUNTS and round(high / COUNTS[row["UNIT"]], 4) not in (9.5, 3.2, 6.3, 0.52, 350):
            self.note("LABHOSP", row, "unit does not fit the range")

    def events(self):
        for file, start, end, ongoing in (
            ("AE", "AESTDAT", "AEENDAT", "AEONGO"),
            ("CM", "CMSTDAT", "CMENDAT", "CMONGO"),
        ):
            for row in getattr(self.e, file):
                first, last = self.date(file, row, start), self.date(file, row, end)
                if first and last and last < first:
                    self.note(file, row, "end before start")
                if (row[ongoing] in ("是", "1", "√")) != (plain(row[end]) in BLANK):
                    self.note(file, row, "ongoing or ended")
                if file == "AE" and first is None:
                    self.note(file, row, "partial date")
                if file == "AE" and first and first < day(self.subjects[row["SCRNO"]]["ENRDAT"]):
                    self.note(file, row, "before the first injection")
                if (
                    file == "AE"
                    and max(filter(None, (first, last, date(2020, 1, 1)))) > self.end[row["SCRNO"]]
                ):
                    self.note(file, row, "after the end")

    def ends(self):
        given = defaultdict(list)
        for row in self.e.DOSE:
            given[row["SCRNO"]].append(day(row["ACTDAT"]))
        for row in self.e.DS:
            died, enrolled = day(row["DTHDAT"]), day(self.subjects[row["SCRNO"]]["ENRDAT"])
            last = max((when for when in given[row["SCRNO"]] if when), default=None)
            if day(row["LASTDOSE"]) != last and not self.e.undecodable:
                self.note("DS", row, "last dose")
            if (row["STATUS"] == "筛选失败") == bool(enrolled) or (row["STATUS"] == "死亡") != bool(died):
                self.note("DS", row, "status")
            if died and (died != day(row["ENDDAT"]) or died <= enrolled + timedelta(169)):
                self.note("DS", row, "death")
        for row in self.e.IE:
            unmet = [n for n, cell in row.items() if (str(n)[0], cell) in (("I", "否"), ("E", "是"))]
            if len(unmet) != (day(self.subjects[row["SCRNO"]]["ENRDAT"]) is None):
                self.note("IE", row, "eligibility")


@pytest.fixture(scope="session")
def export(tmp_path_factory):
    """Give a function that simulates, once for the same arguments."""
    made = {}

    def make(subjects, seed=1, schedule="monthly", clean=False):
        key = (subjects, seed, schedule, clean)
        if key not in made:
            folder = tmp_path_factory.mktemp("export") / "raw"
            made[key] = Export(folder, simulate(STUDY, subjects, seed, folder, schedule, clean))
        return made[key]

    return make


@pytest.fixture(scope="session")
def check():
    """Give the function that finds the anomalies of an export."""
    return lambda export: Checker(export).run()


@pytest.fixture(scope="session")
def read():
    """Give the class that reads an export."""
    return Export


@pytest.fixture(scope="session")
def study():
    """Give the study folder."""
    return STUDY
