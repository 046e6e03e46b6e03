"""What the tests of the annotated CRF share: small studies on the spot, and NCT04952155 as simulated."""

from pathlib import Path

import pytest
from pypdf import PdfReader

from define.acrf import build
from define.acrf.forms import headers_of
from trialkit.own import standard_of
from trialkit.simulate import simulate
from trialkit.study import load_study

ROOT = Path(__file__).resolve().parents[3]
STUDY = ROOT / "specs" / "nct04952155"
HEAD = "study: S1\ncreated: 2024-01-31T10:30:00\nsources:\n"


def load(folder):
    standard = standard_of("sdtm", "3.4")
    return load_study(folder, standard.folder, ("trialkit.rules", *standard.rules))


@pytest.fixture(scope="session")
def loaded():
    return load


@pytest.fixture
def make_study(tmp_path):
    """Write a study of one source and some datasets, and load it."""

    def make(*datasets, columns=("SUBJ", "VALUE"), labels=None, tables=None, forms=""):
        lines = "header: 2, labels: 2, " if labels else ""
        source = f"  RAW: {{format: csv, file: raw.csv, {lines}key: [SUBJ]}}\n"
        (tmp_path / "sdtm").mkdir(exist_ok=True)
        (tmp_path / "tables").mkdir(exist_ok=True)
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "study.yaml").write_text(HEAD + source)
        for number, text in enumerate(datasets):
            (tmp_path / "sdtm" / f"d{number}.yaml").write_text(text)
        for name, text in (tables or {}).items():
            (tmp_path / "tables" / f"{name}.csv").write_text(text)
        if forms:
            (tmp_path / "forms.yaml").write_text(forms, encoding="utf-8")
        quoted = [",".join(f'"{one}"' for one in row) for row in (columns, labels) if row]
        (tmp_path / "raw" / "raw.csv").write_text("\n".join(quoted) + "\n", encoding="utf-8")
        return load(tmp_path)

    return make


@pytest.fixture(scope="session")
def nct(tmp_path_factory):
    """The study, the headers of its simulated export, its annotated CRF, and that as pypdf reads it."""
    folder = tmp_path_factory.mktemp("acrf")
    simulate(STUDY, 1, 1, folder / "raw", None, True)
    study = load(STUDY)
    headers = headers_of(study, folder / "raw")
    acrf = build(study, folder / "raw", folder / "acrf.pdf")
    return study, headers, acrf, PdfReader(folder / "acrf.pdf")


def notes_of(reader):
    """The annotations of each page: text and rectangle."""
    found = []
    for number, page in enumerate(reader.pages, 1):
        for one in page.get("/Annots", []):
            one = one.get_object()
            if one["/Subtype"] == "/FreeText":
                found.append((number, str(one["/Contents"]), [float(x) for x in one["/Rect"]], one))
    return found


@pytest.fixture(scope="session")
def notes():
    return notes_of
