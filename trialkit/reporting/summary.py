"""The end of a run as a person reads it on the terminal: no subject data."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialkit.publish import read_manifest
from trialkit.reporting.faults import faults, ordered
from trialkit.result import Options, Result
from trialkit.terminal import show_problems


def show_summary(result: Result, options: Options, console: Console) -> None:
    """Print the datasets, the problems and, on the last line, the counts and where the output is.

    >>> from trialkit.samples import sample_options, sample_result
    >>> show_summary(sample_result(), sample_options(), Console(width=30, color_system=None, soft_wrap=True))
     DM  3 Demographics
     ...
    """
    if not result.problems.errors():
        console.print(_datasets(result))
    show_problems(ordered(result.problems.items), console, lambda one: faults(one, result, 1)[0].spot)
    console.print(Text("\n" + last_line(result, options.out)), soft_wrap=True)


def _datasets(result: Result) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("dataset")
    table.add_column("records", justify="right")
    table.add_column("label", overflow="fold")
    for one in sorted(result.built, key=lambda one: one.name):
        if not one.spec.working:
            table.add_row(f" {one.name}", f"{one.count:,}", Text(one.dataset.label))
    return table


def last_line(result: Result, out: Path) -> str:
    """Count errors and data queries, and say where to look.

    One raw cell may be at fault in many records; the lines of queries.csv are counted where they are fewer.

    >>> from pathlib import Path
    >>> from trialkit.samples import sample_result
    >>> last_line(sample_result(), Path("build/demo"))
    '0 errors, 0 queries; datasets in build/demo, report in build/demo/reports/run.html'
    """
    errors = sum(one.count for one in result.problems.errors())
    asked = [one for one in result.problems.queries() if not one.accepted]
    accepted = sum(one.count for one in result.problems.items if one.accepted)
    queries = sum(one.count for one in asked)
    counts = [_counted(errors, "error", "errors"), _counted(queries, "query", "queries")]
    if queries and 0 < result.asked != queries:
        counts[1] += f" ({_counted(result.asked, 'line', 'lines')} in queries.csv)"
    counts += [f"{accepted:,} accepted"] if accepted else []
    reports, failed = (out / f"{name}{result.suffix}" for name in ("reports", "failed"))
    if not errors:
        return f"{', '.join(counts)}; datasets in {out}, report in {reports / 'run.html'}"
    report = (failed if read_manifest(failed) else reports) / "run.html"
    return f"{', '.join(counts)}; nothing was published, report in {report}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
