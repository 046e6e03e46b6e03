"""What a site can send that the simulation does not: rows of NCT04952155 changed by hand, one way each."""

import csv
import io
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from sdtm.standard import standard
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
CHANGED = ("SUBJ", "VISIT", "DOSE", "ALSFRS", "SAMPLES", "BIOMK")


class Form:
    """A file of the export as rows that can be changed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.encoding = "utf-8-sig" if file.stem == "BIOMK" else "gb18030"
        self.rows = list(csv.reader(io.StringIO(file.read_bytes().decode(self.encoding), newline="")))

    def set(self, line: int, **cells: str) -> None:
        for name, text in cells.items():
            self.rows[line - 1][self.rows[0].index(name)] = text

    def get(self, line: int, name: str) -> str:
        return self.rows[line - 1][self.rows[0].index(name)]

    def again(self, line: int, **cells: str) -> None:
        self.rows.append(list(self.rows[line - 1]))
        self.set(len(self.rows), **cells)

    def save(self) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(self.rows)
        self.file.write_bytes(text.getvalue().encode(self.encoding))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    raw, out = folder / "raw", folder / "out"
    simulate(STUDY, 13, 7, raw, clean=True)
    forms = {
        name: Form(raw / f"{name}.csv") for name in ("SUBJ", "VISIT", "DOSE", "ALSFRS", "SAMPLES", "BIOMK")
    }
    forms["ALSFRS"].set(3, SCRNO="S999")
    forms["ALSFRS"].set(4, VISIT="第5周")
    forms["ALSFRS"].set(5, Q1="四")
    forms["ALSFRS"].again(6, Q2="0", AUDITTIME="2023-01-01 08:00:00")
    forms["DOSE"].set(3, DOSEU="瓶")
    forms["DOSE"].set(4, GIVEN="是吗")
    forms["DOSE"].set(5, DOSE="")
    forms["VISIT"].set(4, VISDAT="2020-13-45")
    forms["BIOMK"].set(2, SAMPNO="B999999")
    forms["BIOMK"].set(3, UNIT="U")
    forms["BIOMK"].set(4, ITEM="IL-99")
    forms["SUBJ"].set(3, SEX="不详")
    forms["SUBJ"].set(4, RESCR="是")
    samples = forms["SAMPLES"]
    taken = [line for line in range(3, len(samples.rows)) if samples.get(line, "MATRIX") == "抗凝全血"]
    samples.set(taken[0], SAMPNO=samples.get(taken[1], "SAMPNO"))
    for form in forms.values():
        form.save()
    result = run(Options(STUDY, raw, out, dataset_json=False), standard())
    listed = out / "reports" / "problems.csv"
    problems = pd.read_csv(listed, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return result, problems, out / "sdtm", forms


@pytest.mark.parametrize(
    ("code", "file", "line"),
    [
        ("Q-ALSF-02", "ALSFRS.csv", "3"),
        ("Q-ALSF-08", "ALSFRS.csv", "4"),
        ("Q-QS-03", "ALSFRS.csv", "5"),
        ("Q-ALSF-03", "ALSFRS.csv", "6"),
        ("TERM-110", "DOSE.csv", "3"),
        ("Q-DOSE-02", "DOSE.csv", "4"),
        ("Q-DOSE-05", "DOSE.csv", "5"),
        ("DATE-002", "VISIT.csv", "4"),
        ("Q-BIOM-02", "BIOMK.csv", "2"),
        ("UNIT-101", "BIOMK.csv", "3"),
        ("Q-BIOM-04", "BIOMK.csv", "4"),
        ("TERM-110", "SUBJ.csv", "3"),
        ("Q-SUBJ-05", "SUBJ.csv", "4"),
    ],
)
def test_each_is_named_with_its_place(made, code, file, line):
    problems = made[1]
    assert ((problems.code == code) & (problems.file == file) & (problems.line == line)).any()


def test_nothing_of_it_stops_the_build(made):
    assert [problem.line() for problem in made[0].problems.errors()] == []


def test_two_samples_of_one_number_belong_to_nobody(made):
    assert (made[1].code == "Q-SAMP-06").sum() == 2


def test_the_later_entry_of_a_form_is_used(made):
    _, _, data, forms = made
    qs, _ = pyreadstat.read_xport(data / "qs.xpt")
    subject = f"M2020420-01-{forms['ALSFRS'].get(6, 'SCRNO')}"
    rows = qs[(subject == qs.USUBJID) & (qs.QSTESTCD == "ALSF102")]
    assert "0" in set(rows.QSORRES)
