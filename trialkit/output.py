"""What a run leaves: datasets, trace and reports, all or none."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from trialkit.built import Built
from trialkit.datasetjson import Provenance, write_dataset_json
from trialkit.manifest import facts_of
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.progress import Steps
from trialkit.publish import DATA_MANIFEST, FOREIGN, MANIFEST, publishing, read_manifest, write_manifest
from trialkit.reporting.write import write_reports
from trialkit.result import Options, Result
from trialkit.standard import Standard
from trialkit.trace import write_trace
from trialkit.xpt import write_xpt

PARTIAL = Kind(
    "PUB-004",
    "some datasets would take the place of a whole build",
    "Give another folder with --out, or build all datasets.",
    exit=Exit.SPEC,
)
REPORTS = "reports"
FAILED = "failed"


def refuse_output(options: Options, suffix: str = "") -> None:
    """Refuse a folder for output that is something else, before anything is built.

    Raises:
        Refusal: PUB-002 for the root folder, those of specs and raw files, and what is among them; PUB-004.

    >>> from trialkit.samples import sample_options
    >>> from dataclasses import replace
    >>> refuse_output(replace(sample_options(), out=Path("/")))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error PUB-002 '/' is the root folder. Give another folder, ...
    """
    out = options.out.resolve()
    taken = {
        Path(out.anchor): "the root folder",
        options.specs.resolve(): "the folder of the specs",
        options.raw.resolve(): "the folder of the files to read",
    }
    if out in taken:
        raise Refusal([Problem(FOREIGN, f"'{out.name or out}' is {taken[out]}")])
    parts = [
        path
        for path in options.specs.resolve().glob("*")
        if path.name == "tables" or any(path.glob("*.yaml"))
    ]
    inside = {**dict.fromkeys(parts, "the specs"), options.raw.resolve(): "the files to read"}
    if within := next((one for one in inside if out.is_relative_to(one)), None):
        raise Refusal([Problem(FOREIGN, f"'{out.name}' is among {inside[within]}")])
    refuse_partial(options.out, options.datasets, suffix)


def refuse_partial(out: Path, datasets: tuple[str, ...], suffix: str = "") -> None:
    """Refuse to put a build of some datasets over a build of all.

    Raises:
        Refusal: PUB-004.

    >>> refuse_partial(Path("nowhere"), ("DM",))
    """
    earlier = read_manifest(out / f"{REPORTS}{suffix}")
    if datasets and earlier and "failed" not in earlier and not earlier.get("only"):
        what = f"'{out.name}' holds a whole build, and only {', '.join(datasets)} would be built"
        raise Refusal([Problem(PARTIAL, what)])


def publish(result: Result, options: Options, standard: Standard, steps: Steps) -> None:
    """Publish what a run made, or only its report when it has errors.

    What a writer refuses becomes a problem of the run.

    >>> from dataclasses import replace
    >>> from trialkit.samples import sample_options, sample_result, sample_standard
    >>> import tempfile
    >>> options = replace(sample_options(), out=Path(tempfile.mkdtemp()) / "build")
    >>> publish(sample_result(), options, sample_standard(), Steps(0))
    >>> sorted(path.name for path in options.out.iterdir())
    ['reports', 'sdtm', 'trace']
    """
    if not result.problems.errors():
        try:
            _publish_all(result, options, standard, steps)
            shutil.rmtree(options.out / f"{FAILED}{result.suffix}", ignore_errors=True)
            return
        except Refusal as refusal:
            result.problems.add(*refusal.problems)
    _publish_report(result, options.out)


def _publish_report(result: Result, out: Path) -> None:
    reports, failed = (out / f"{name}{result.suffix}" for name in (REPORTS, FAILED))
    earlier = read_manifest(reports)
    with publishing(failed if earlier and "failed" not in earlier else reports) as staging:
        write_reports(staging, result)
        write_manifest(staging, {"study": result.study.spec.study, "failed": True})


def _publish_all(result: Result, options: Options, standard: Standard, steps: Steps) -> None:
    data, trace = standard.folder, f"trace/{standard.folder}"
    reports = f"{REPORTS}{standard.suffix}"
    with ExitStack() as stack:
        folders = {
            name: stack.enter_context(publishing(options.out / name)) for name in (data, trace, reports)
        }
        refused: list[Problem] = []
        for one in result.built:
            with steps.step(f"write {one.name}"):
                refused += _write(one, folders[data], folders[trace], result, options)
        if refused:
            raise Refusal(refused)
        with steps.step("reports"):
            write_reports(folders[reports], result)
            facts = {**facts_of(result, standard), "only": list(options.datasets), "profile": options.profile}
            for name, folder in folders.items():
                write_manifest(folder, facts, DATA_MANIFEST if name == data else MANIFEST)


def _write(built: Built, data: Path, trace: Path, result: Result, options: Options) -> list[Problem]:
    shown = () if built.spec.working else built.metas
    hidden = [name for name in built.records.columns if name not in shown]
    write_trace(trace, built.name, built.records, hidden)
    if built.spec.working:
        return []
    created, columns, name = result.study.spec.created, built.published(), built.name.lower()
    try:
        write_xpt(data / f"{name}.xpt", built.dataset, columns, created=created)
        if options.dataset_json:
            provenance = Provenance(created, study_oid=f"ST.{result.study.spec.study}")
            write_dataset_json(data / f"{name}.json", built.dataset, columns, provenance)
    except Refusal as refusal:
        return list(refusal.problems)
    return []
