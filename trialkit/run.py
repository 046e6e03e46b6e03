"""A run: plan, build, check, publish; all problems at once, and all outputs or none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

from trialkit.accept import judged
from trialkit.build import Built, build
from trialkit.check import check
from trialkit.context import Store
from trialkit.datasetjson import Provenance, write_dataset_json
from trialkit.ledger import Ledger
from trialkit.manifest import facts_of
from trialkit.plan import dataset_levels, tables_of
from trialkit.prepare import make_store
from trialkit.problems import Exit, Problems, Refusal
from trialkit.progress import Steps, on_terminal
from trialkit.publish import DATA_MANIFEST, MANIFEST, publishing, read_manifest, write_manifest
from trialkit.report import write_reports
from trialkit.reporting.unmapped import unmapped_problems
from trialkit.standard import Standard
from trialkit.study import Study, chosen, load_study
from trialkit.trace import write_trace
from trialkit.xpt import write_xpt

Made: TypeAlias = "tuple[Store, tuple[Built, ...]]"


@dataclass(frozen=True, slots=True)
class Options:
    """What a user chooses for one run.

    >>> Options(Path("specs/demo"), Path("raw"), Path("build/demo")).workers
    1
    """

    specs: Path
    raw: Path
    out: Path
    datasets: tuple[str, ...] = ()
    workers: int = 1
    strict: bool = False
    dataset_json: bool = True


@dataclass(slots=True)
class Result:
    """What a run made: the datasets in order, the problems, and the ledger.

    >>> Result(None, None, [], Problems()).exit()
    <Exit.OK: 0>
    """

    study: Study
    store: Store
    built: list[Built]
    problems: Problems
    seconds: list[tuple[str, float]] = field(default_factory=list)

    def exit(self) -> Exit:
        """Give the exit code.

        >>> Result(None, None, [], Problems()).exit()
        <Exit.OK: 0>
        """
        return self.problems.exit()


def run(options: Options, standard: Standard) -> Result:
    """Build the datasets of a study and publish them.

    A run with errors publishes no dataset and leaves the earlier output as it was; its report
    goes to ``reports/``, or to ``failed/`` where an earlier output stands.

    Args:
        options: the folders and choices.
        standard: what the datasets follow.

    Raises:
        Refusal: when the run cannot start: specs, raw files or environment.

    >>> from trialkit.standard import Standard
    >>> run(Options(Path("no"), Path("no"), Path("no")), Standard("X", "1", "x", (), None, (), None, None))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'no'. ...
    """
    study = load_study(options.specs, standard.folder, ("trialkit.rules", *standard.rules))
    names = chosen(study, list(options.datasets))
    levels = dataset_levels(study.datasets, names)
    steps = Steps(2 + 3 * sum(len(level) for level in levels), on_terminal())
    try:
        with steps.step("read"):
            store = make_store(study, standard, options.raw, [name for level in levels for name in level])
        result = Result(study, store, [], store.problems, steps.seconds)
        _build_levels(levels, result, standard, options.workers, steps)
        _judge(result, standard, options.strict or study.spec.strict, steps)
        _publish(result, options, standard, steps)
    finally:
        steps.stop()
    return result


def _build_levels(
    levels: list[list[str]], result: Result, standard: Standard, workers: int, steps: Steps
) -> None:
    for level in levels:
        ready = [name for name in level if not _missing(name, result)]
        for name, (store, built) in zip(ready, _each(ready, result, standard, workers), strict=True):
            with steps.step(f"build {name}"):
                for one in built:
                    result.built.append(one)
                    result.store.tables[one.name] = one.as_table()
                if store is not result.store:
                    result.store.problems.add(*store.problems.items)
                    result.store.ledger.merge(store.ledger)


def _missing(name: str, result: Result) -> set[str]:
    """Name the datasets that a dataset needs and that could not be built."""
    return (tables_of(result.study.datasets[name]) & set(result.study.datasets)) - set(result.store.tables)


def _each(level: list[str], result: Result, standard: Standard, workers: int) -> Iterator[Made]:
    if workers == 1 or len(level) < 2:
        for name in level:
            yield result.store, _build_one(name, result.study, result.store, standard)
        return
    shared = (result.study, result.store, standard)
    # forked workers inherit what is shared: nothing large is copied to them
    with ProcessPoolExecutor(workers, get_context("fork"), _share, shared) as pool:
        yield from pool.map(_build_apart, level)


def _share(study: Study, store: Store, standard: Standard) -> None:
    _SHARED[:] = [(study, store, standard)]


_SHARED: list[tuple[Study, Store, Standard]] = []


def _build_apart(name: str) -> Made:
    study, store, standard = _SHARED[0]
    own = replace(store, problems=Problems(), ledger=Ledger())
    built = _build_one(name, study, own, standard)
    return replace(own, tables={}, raw={}, terms=None, facts=None, units=None), built


def _build_one(name: str, study: Study, store: Store, standard: Standard) -> tuple[Built, ...]:
    try:
        return build(study.datasets[name], store, standard)
    except Refusal as refusal:
        store.problems.add(*refusal.problems)
        return ()


def _judge(result: Result, standard: Standard, strict: bool, steps: Steps) -> None:
    problems = result.store.problems
    for one in result.built:
        if not one.spec.working:
            with steps.step(f"check {one.name}"):
                problems.add(*check(one, result.store, standard))
    if not problems.errors():
        problems.add(*result.store.ledger.problems())
    problems.add(*unmapped_problems(result))
    names = [one.name for one in result.built]
    result.problems = judged(problems, result.study.spec, strict=strict, built=names)


def _publish(result: Result, options: Options, standard: Standard, steps: Steps) -> None:
    if result.problems.errors():
        folder = options.out / ("failed" if read_manifest(options.out / "reports") else "reports")
        with publishing(folder) as staging:
            write_reports(staging, result)
            write_manifest(staging, {"study": result.study.spec.study, "failed": True})
        return
    with ExitStack() as stack:
        folders = {
            name: stack.enter_context(publishing(options.out / name))
            for name in (standard.folder, f"trace/{standard.folder}", "reports")
        }
        for one in result.built:
            with steps.step(f"write {one.name}"):
                _write(one, folders[standard.folder], folders[f"trace/{standard.folder}"], result, options)
        write_reports(folders["reports"], result)
        facts = facts_of(result, standard)
        for name, folder in folders.items():
            write_manifest(folder, facts, DATA_MANIFEST if name == standard.folder else MANIFEST)


def _write(built: Built, data: Path, trace: Path, result: Result, options: Options) -> None:
    shown = () if built.spec.working else built.metas
    write_trace(
        trace, built.name, built.records, [name for name in built.records.columns if name not in shown]
    )
    if built.spec.working:
        return
    created, columns = result.study.spec.created, built.published()
    write_xpt(data / f"{built.name.lower()}.xpt", built.dataset, columns, created=created)
    if options.dataset_json:
        provenance = Provenance(created, study_oid=f"ST.{result.study.spec.study}")
        write_dataset_json(data / f"{built.name.lower()}.json", built.dataset, columns, provenance)
