"""What tests of `why` on whole studies share: a build, and its raw files as plain readers read them.

The raw files are read here by csv and openpyxl, by line number; values are made again from the cells
that `why` names. A class counts where at least ten of its cells were checked.
"""

import codecs
import csv
import math
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyreadstat
from click.testing import CliRunner

from trialkit.cli import cli
from trialkit.rule import Rule
from trialkit.rules.choose import Case, FirstOf
from trialkit.why import open_explainer

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 10


def csv_rows(path, encoding="utf-8-sig", header=1):
    """The rows of a CSV file by line, each by column, bad bytes replaced."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        for _ in range(header - 1):
            next(reader)
        start, rows = reader.line_num + 1, {}
        for row in reader:
            rows[start] = dict(zip(names, row, strict=False))
            start = reader.line_num + 1
    return rows


def xlsx_rows(path):
    """The rows of the first sheet of a workbook by number, each by column."""
    book = openpyxl.load_workbook(path, read_only=True)
    names, *rows = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    return {
        line: {name: text or "" for name, text in zip(names, row, strict=True)}
        for line, row in enumerate(rows, 2)
    }


class Study:
    """A study's build, its raw cells, and its datasets as pyreadstat reads them."""

    def __init__(self, specs, raw, out, datasets="", **csv_form):
        options = ["--raw", str(raw), "--out", str(out), "--no-json"]
        options += ["--datasets", datasets] if datasets else []
        made = CliRunner().invoke(cli, ["sdtm", str(specs), *options])
        assert made.exit_code == 0, made.output
        self.explainer = open_explainer(out, specs, raw)
        self.build = self.explainer.builds[0]
        self.rows = {}
        for path in raw.glob("*.csv"):
            own = {} if path.read_bytes()[:3] == codecs.BOM_UTF8 else csv_form  # others' files are UTF-8
            self.rows[path.name] = csv_rows(path, **own)
        self.rows |= {path.name: xlsx_rows(path) for path in raw.glob("*.xlsx")}
        self.rows |= {f"tables/{path.name}": csv_rows(path) for path in (specs / "tables").glob("*.csv")}
        self.data = {
            path.stem.upper(): pyreadstat.read_xport(path)[0] for path in (out / "sdtm").glob("*.xpt")
        }
        self.checked, self.known, self.done = Counter(), {}, {}

    def once(self, check):
        """Run a check the first time it is asked for, and give how many answers it looked at."""
        if check not in self.done:
            before = self.checked.total()
            check(self)
            self.done[check] = self.checked.total() - before
        return self.done[check]

    def value(self, dataset, record, variable):
        return self.values(dataset, variable)[record]

    def values(self, dataset, variable):
        """A variable as text; of working datasets, which are no files, as the trace has it."""
        if (dataset, variable) not in self.known:
            own = self.data.get(dataset, {}).get(variable)
            read = (
                own.tolist() if own is not None else self.build.column(dataset, variable).objects().tolist()
            )
            self.known[dataset, variable] = [
                one if isinstance(one, str) else "" if math.isnan(one) else f"{one:.15g}" for one in read
            ]
        return self.known[dataset, variable]

    def why(self, dataset, record, variable):
        """Ask, and hold what is named against the raw files and the dataset."""
        answer = self.explainer.why(dataset, record, variable)
        assert answer.value == self.value(dataset, record, variable)
        for one in answer.cells():
            if one.column:
                assert self.rows[one.file][one.line][one.column] == one.value, (dataset, record, variable)
            else:
                assert one.line in self.rows[one.file]
        return answer

    def sample(self, dataset, variable, keep=lambda value: value != "", most=12):
        """Records spread over a dataset, of those whose value is wanted."""
        values = self.values(dataset, variable)
        found = [record for record, value in enumerate(values) if keep(value)]
        return found[:: max(1, len(found) // most)]

    def asked(self, kind, dataset, variable, **which):
        """Give the answers on a sample, each counted for a class of rules."""
        for record in self.sample(dataset, variable, **which):
            self.checked[kind] += 1
            yield record, self.why(dataset, record, variable)


def named(answer, column, file=""):
    """The texts of a raw column in an answer, and the lines they stand in."""
    return {
        one.line: one.value for one in answer.cells() if one.column == column and one.file.startswith(file)
    }


def rule_classes(value):
    """Name the rules in a rule: all of it, but for what a choice may leave out."""
    if isinstance(value, Rule):
        yield value.key()
    if isinstance(value, (Case, FirstOf)):
        return
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from rule_classes(one)
    elif isinstance(value, dict):
        yield from rule_classes(list(value.values()))
    elif hasattr(type(value), "model_fields"):
        yield from rule_classes([getattr(value, name) for name in type(value).model_fields])


def check_every_class(study):
    """Ask some cells of every variable of every dataset; count the classes of their rules."""
    for dataset, spec in study.build.study.datasets.items():
        count = study.build.datasets.get(dataset, 0)
        steps = set(rule_classes(spec.records))
        for variable, one in {**spec.variables, **spec.supplemental}.items():
            for record in range(0, count, 1 + count // 6):
                answer = study.why(dataset, record, variable)
                assert answer.spec.startswith("sdtm/")
                study.checked.update({*rule_classes(one.rule), *steps})


def iso(text, *formats):
    """The day that one of the formats reads, or nothing."""
    for one in formats:
        try:
            return datetime.strptime(text, one).date().isoformat()  # noqa: DTZ007 - no zone is collected
        except ValueError:
            continue
    return ""


def study_day(day, reference):
    if len(day) < 10 or len(reference) < 10:
        return ""
    days = (date.fromisoformat(day[:10]) - date.fromisoformat(reference[:10])).days
    return str(days + (days >= 0))


def only(texts):
    (text,) = set(texts.values())
    return text
