"""The report of a run: problems, row accounting and unmapped columns, as tables and as one page."""

from __future__ import annotations

from pathlib import Path

from trialkit.dictionaries.uncoded import UNCODED_HEADER, uncoded_rows
from trialkit.queries.listing import list_queries
from trialkit.queries.previous import RESOLVED
from trialkit.queries.sheets import write_queries
from trialkit.reporting.accounts import LEDGER_HEADER, accounts, ledger_rows
from trialkit.reporting.faults import FAULT_HEADER, fault_rows
from trialkit.reporting.page import run_page
from trialkit.reporting.sheet import write_sheet
from trialkit.reporting.unmapped import UNMAPPED_HEADER, unmapped_rows
from trialkit.result import Result


def write_reports(folder: Path, result: Result) -> None:
    """Write the tables of a run, the list of queries and run.html; the same bytes for the same result.

    Args:
        folder: an existing folder.
        result: of a run that ended, well or not.

    Raises:
        OSError: a file cannot be written.

    >>> import tempfile
    >>> from trialkit.samples import sample_result
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_reports(folder, sample_result())
    >>> sorted(path.name for path in folder.iterdir())
    ['ledger.csv', 'problems.csv', 'queries.csv', 'queries.xlsx', 'run.html', 'unmapped.csv']
    """
    problems = list(fault_rows(result))
    write_sheet(folder / "problems.csv", FAULT_HEADER, problems)
    write_sheet(folder / "ledger.csv", LEDGER_HEADER, ledger_rows(accounts(result)))
    write_sheet(folder / "unmapped.csv", UNMAPPED_HEADER, unmapped_rows(result))
    if result.study.spec.dictionaries:
        write_sheet(folder / "uncoded.csv", UNCODED_HEADER, uncoded_rows(result))
    spec, earlier = result.study.spec, result.previous.lines if result.previous else None
    listing = list_queries(result, earlier)
    write_queries(folder, listing, spec.created, spec.study)
    result.asked = sum(line["status"] != RESOLVED for line in listing.lines)
    (folder / "run.html").write_text(run_page(result), encoding="utf-8", newline="\n")
