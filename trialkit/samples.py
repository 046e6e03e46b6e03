"""Small ready things to try others on: records, a context, and the study of ``trialkit init``, built once."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from trialkit.attributes import Dataset
from trialkit.built import Built
from trialkit.checks.review import Review
from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.explain.explainer import Explainer
from trialkit.explain.scope import Scope
from trialkit.ledger import Ledger
from trialkit.own import standard_of
from trialkit.prepare import make_store
from trialkit.problems import Problems
from trialkit.records import Records
from trialkit.result import Options, Result
from trialkit.run import run
from trialkit.spec import DatasetSpec
from trialkit.standard import Standard
from trialkit.starter import start_study
from trialkit.study import Study, load_study
from trialkit.why import open_explainer


def sample_records(source: str = "RAW", /, **columns: Sequence[str | float]) -> Records:
    """Make records of a source: one for each row of its columns, texts or numbers.

    >>> sample_records("EX", DOSE=[1.0, 2.0]).rows["EX"].tolist()
    [0, 1]
    """
    made = {name: _column(values) for name, values in columns.items()}
    return Records.start(source, made, max((len(column) for column in made.values()), default=0))


def _column(values: Sequence[str | float]) -> Column:
    texts = [value for value in values if isinstance(value, str)]
    return Column.text(texts) if len(texts) == len(values) else Column.numbers(values)


def sample_store(**tables: Records) -> Store:
    """Make a store of the sample study: its terminology and units, and these tables for all datasets.

    >>> sample_store(EX=sample_records("EX", DOSE=[1.0])).tables["EX"].count
    1
    """
    return replace(_store(), tables=tables, raw={}, problems=Problems(), ledger=Ledger())


def sample_context(
    records: Records, /, dataset: str = "DM", *, variable: str = "", step: str = "", **tables: Records
) -> Context:
    """Make what a rule sees of some records, and of other tables by name.

    >>> sample_context(sample_records(SEX=["F", "M"])).column("SEX").objects().tolist()
    ['F', 'M']
    """
    return Context(sample_store(**tables), dataset, records, variable=variable, step=step)


def sample_review(dataset: str, store: Store | None = None, /, **columns: Sequence[str | float]) -> Review:
    """Make a finished dataset of some variables, as the checks see it, beside others of a store.

    >>> sample_review("LB", LBSEQ=[1.0, 2.0]).count
    2
    """
    spec = {"dataset": dataset, "records": [{"read": "RAW"}], "variables": {name: name for name in columns}}
    model = DatasetSpec.model_validate({**spec, "keys": list(columns)})
    metas = {name: sample_standard().meta(model, name) for name in columns}
    records = sample_records(**columns)
    attributes = tuple(meta.attributes(records.columns[name], []) for name, meta in metas.items())
    return Review(Built(model, Dataset(dataset, "", attributes), metas, records), store or sample_store())


@cache
def sample_standard() -> Standard:
    """Give the standard that the sample study follows.

    >>> sample_standard().name
    'SDTMIG'
    """
    return standard_of("sdtm", "3.4")


@cache
def sample_folder() -> Path:
    """Write the study of ``trialkit init`` into a folder that is removed when Python ends.

    >>> (sample_folder() / "study.yaml").exists()
    True
    """
    folder = Path(tempfile.mkdtemp(prefix="trialkit-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    start_study(folder / "study")
    return folder / "study"


@cache
def sample_study() -> Study:
    """Load the specs of the sample study.

    >>> sorted(sample_study().datasets)
    ['DM', 'EX', 'VS']
    """
    return load_study(sample_folder(), "sdtm", ("trialkit.rules", "sdtm.rules"))


@cache
def sample_result() -> Result:
    """Build the sample study, once; its output is in ``sample_folder() / "build"``.

    >>> [one.name for one in sample_result().built]
    ['DM', 'EX', 'VS']
    """
    return run(sample_options(), sample_standard())


def sample_options() -> Options:
    """Give the folders of the sample study.

    >>> sample_options().out.name
    'build'
    """
    folder = sample_folder()
    return Options(folder, folder / "raw", folder / "build")


@cache
def _store() -> Store:
    return make_store(sample_study(), sample_standard(), sample_folder() / "raw", [])


@cache
def sample_explainer() -> Explainer:
    """Open the build of the sample study to ask about its cells.

    >>> sample_explainer().builds[0].datasets["DM"] == sample_result().built[0].count
    True
    """
    sample_result()
    options = sample_options()
    return open_explainer(options.out, options.specs, options.raw)


def sample_scope(dataset: str, record: int = 0) -> Scope:
    """Give what the rules of a dataset of the sample study saw when they made one record.

    >>> sample_scope("VS").main("VITALS")
    [0]
    """
    build = sample_explainer().builds[0]
    spec = build.study.datasets[dataset]
    return Scope(build, spec, record, spec.records, variables=True)
