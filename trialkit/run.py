"""A run: plan, build, check, publish; all problems at once, and all outputs or none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from typing import TypeAlias

from trialkit.accept import judged
from trialkit.build import build
from trialkit.built import Built
from trialkit.check import check
from trialkit.checks.validation import held_on
from trialkit.context import Store
from trialkit.dictionaries.load import load_dictionaries
from trialkit.ledger import Ledger
from trialkit.output import publish, refuse_output
from trialkit.plan import dataset_levels, tables_of
from trialkit.prepare import make_store
from trialkit.problems import Problems, Refusal
from trialkit.profile import changed, load_profile
from trialkit.progress import Steps, on_terminal
from trialkit.queries.previous import read_previous
from trialkit.reporting.unmapped import unmapped_problems
from trialkit.result import Options, Result
from trialkit.standard import Standard
from trialkit.study import Study, chosen, from_datasets, load_study

Made: TypeAlias = "tuple[Store, tuple[Built, ...]]"


def run(options: Options, standard: Standard) -> Result:
    """Build the datasets of a study and publish them.

    A run with errors publishes no dataset and leaves the earlier output as it was; its report
    goes to ``reports/``, or to ``failed/`` where an earlier output stands. A run of some datasets
    only does not go over a whole build.

    Args:
        options: the folders and choices.
        standard: what the datasets follow.

    Raises:
        Refusal: when the run cannot start: specs, raw files or environment.

    >>> from trialkit.samples import sample_options, sample_standard
    >>> [one.name for one in run(sample_options(), sample_standard()).built]
    ['DM', 'EX', 'VS']
    """
    with _program_set_aside():
        return _run(options, standard)


@contextmanager
def _program_set_aside() -> Iterator[None]:
    """Spare the garbage collector the modules loaded so far, which live as long as the program.

    Going through them again and again is an eighth of the time of a small run.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _run(options: Options, standard: Standard) -> Result:
    refuse_output(options, standard.suffix)
    study = load_study(options.specs, standard.folder, ("trialkit.rules", *standard.rules))
    if standard.from_datasets:
        study = from_datasets(study, options.raw)
    if options.profile:
        study = changed(study, load_profile(study, options.profile, ("trialkit.rules", *standard.rules)))
    previous = read_previous(options.previous, study.spec.study) if options.previous else None
    names = chosen(study, list(options.datasets))
    levels = dataset_levels(study.datasets, names)
    steps = Steps(2 + 3 * sum(len(level) for level in levels), on_terminal())
    try:
        with steps.step("read"):
            store = make_store(study, standard, options.raw, [name for level in levels for name in level])
            coded = load_dictionaries(study, options.dictionaries, [one for level in levels for one in level])
        store.tables.update({name: one.records for name, one in coded.items()})
        result = Result(study, store, [], store.problems, steps.seconds, previous, coded, standard.suffix)
        _build_levels(levels, result, standard, options.workers, steps)
        _judge(result, standard, options.strict or study.spec.strict, steps)
        publish(result, options, standard, steps)
    finally:
        steps.stop()
    return result


def _build_levels(
    levels: list[list[str]], result: Result, standard: Standard, workers: int, steps: Steps
) -> None:
    for level in levels:
        ready = [name for name in level if not _missing(name, result)]
        made = _each(ready, result, standard, workers)
        for name in ready:
            with steps.step(f"build {name}"):
                _keep(result, *next(made))


def _keep(result: Result, store: Store, built: tuple[Built, ...]) -> None:
    for one in built:
        result.built.append(one)
        result.store.tables[one.name] = one.as_table()
    if store is not result.store:
        result.store.problems.add(*store.problems.items)
        result.store.ledger.merge(store.ledger)


def _missing(name: str, result: Result) -> set[str]:
    """Name the other datasets that a dataset needs and that could not be built."""
    needed = tables_of(result.study.datasets[name]) & set(result.study.datasets)
    return needed - set(result.store.tables) - {name}


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
    with held_on():
        for one in result.built:
            if not one.spec.working:
                with steps.step(f"check {one.name}"):
                    problems.add(*check(one, result.store, standard))
    if not problems.errors():
        problems.add(*result.store.ledger.problems())
    problems.add(*unmapped_problems(result))
    names = [one.name for one in result.built]
    result.problems = judged(problems, result.study.spec, strict=strict, built=names)
