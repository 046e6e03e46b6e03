"""A comparison of datasets on the terminal, as CSV and as a page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from trialkit.compare import Comparison
from trialkit.comparefiles import Compared
from trialkit.numerals import to_text
from trialkit.reporting.html import render
from trialkit.reporting.sheet import Cell, write_sheet

HEADER = ("dataset", "change", "keys", "variable", "left", "right")
SUMMARY_HEADER = (
    *("dataset", "variable", "left", "right", "removed", "added", "changed", "cells", "apart", "attributes"),
)
MOST_SHOWN = 500


def keys_text(comparison: Comparison, keys: tuple[str, ...]) -> str:
    """Write the keys of one record.

    >>> from types import SimpleNamespace
    >>> keys_text(SimpleNamespace(keys=("ID", "SEQ")), ("A", "1"))
    'ID=A SEQ=1'
    """
    return " ".join(f"{name}={value}" for name, value in zip(comparison.keys, keys, strict=True))


def difference_rows(compared: Compared) -> Iterator[tuple[Cell, ...]]:
    """Give the rows of the CSV: datasets, variables and attributes, then records and cells, all of them.

    >>> list(difference_rows(Compared((), ("DM",), ())))
    [('DM', 'dataset removed', '', '', '', '')]
    """
    yield from ((name, "dataset removed", "", "", "", "") for name in compared.only_left)
    yield from ((name, "dataset added", "", "", "", "") for name in compared.only_right)
    for one in compared.comparisons:
        yield from ((one.name, "variable removed", "", name, "", "") for name in one.only_left)
        yield from ((one.name, "variable added", "", name, "", "") for name in one.only_right)
        yield from (
            (one.name, f"{a.attribute} changed", "", a.variable, a.left, a.right) for a in one.attributes
        )
        for d in one.differences():
            yield (one.name, d.change, keys_text(one, d.keys), d.variable, d.left, d.right)


def write_differences(path: Path, compared: Compared) -> None:
    """Write a comparison as CSV.

    Raises:
        OSError: the file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "diff.csv"
    >>> write_differences(path, Compared((), (), ()))
    >>> path.read_text(encoding="utf-8-sig").strip()
    'dataset,change,keys,variable,left,right'
    """
    write_sheet(path, HEADER, difference_rows(compared))


def summary_rows(compared: Compared) -> Iterator[tuple[Cell, ...]]:
    """Give the counts: of each dataset its records, of each variable its cells and attributes.

    >>> list(summary_rows(Compared((), ("DM",), ())))
    []
    """
    for one in compared.comparisons:
        removed, added = len(one.removed), len(one.added)
        counts = (one.left.count, one.right.count, removed, added, one.changed_records, one.changed_cells)
        yield (one.name, "", *counts, "", "")
        for name, said in sorted(_said(one).items()):
            yield (one.name, name, "", "", "", "", "", *said)


def _said(one: Comparison) -> dict[str, tuple[Cell, str, str]]:
    """Give for each variable that differs its cells, the largest difference, and what else differs."""
    found: dict[str, tuple[Cell, str, str]] = {}
    for v in one.variables:
        found[v.name] = (v.count, largest(v.largest), "")
    for a in one.attributes:
        cells, apart, said = found.get(a.variable, (0, "", ""))
        found[a.variable] = (cells, apart, "; ".join(filter(None, (said, a.attribute))))
    for names, side in ((one.only_left, "only on the left"), (one.only_right, "only on the right")):
        found |= dict.fromkeys(names, ("", "", side))
    return found


def write_summary(path: Path, compared: Compared) -> None:
    """Write the counts of a comparison as CSV.

    Raises:
        OSError: the file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "summary.csv"
    >>> write_summary(path, Compared((), (), ()))
    >>> path.read_text(encoding="utf-8-sig").strip()
    'dataset,variable,left,right,removed,added,changed,cells,apart,attributes'
    """
    write_sheet(path, SUMMARY_HEADER, summary_rows(compared))


def difference_page(compared: Compared, left: str, right: str) -> str:
    """Make the page of a comparison; of each kind of difference the first ones.

    >>> "equal" in difference_page(Compared((), (), ()), "a", "b")
    True
    """
    shown = [
        (one, [(keys_text(one, d.keys), d) for d in one.differences(MOST_SHOWN)])
        for one in compared.comparisons
    ]
    return render(
        "diff.html", compared=compared, shown=shown, left=left, right=right, most=MOST_SHOWN, largest=largest
    )


def write_page(path: Path, compared: Compared, left: str, right: str) -> None:
    """Write the page of a comparison.

    Raises:
        OSError: the file cannot be written.

    >>> import tempfile
    >>> write_page(Path(tempfile.mkdtemp()) / "diff.html", Compared((), (), ()), "a", "b")
    """
    path.write_text(difference_page(compared, left, right), encoding="utf-8", newline="\n")


def largest(number: float) -> str:
    """Write the largest difference of a variable; nothing for texts.

    >>> largest(0.5), largest(5.3 - 5.27), largest(float("nan"))
    ('0.5', '0.03', '')
    """
    return "" if math.isnan(number) else to_text(float(f"{number:.6g}"))


def show_differences(compared: Compared, console: Console, show: int = 0) -> None:
    """Print a comparison: counts for each dataset and variable; values only when asked for.

    >>> show_differences(Compared((), ("DM",), ()), Console(width=60, color_system=None))
    DM only on the left
    """
    for name in compared.only_left:
        console.print(Text(f"{name} only on the left"))
    for name in compared.only_right:
        console.print(Text(f"{name} only on the right"))
    for one in compared.comparisons:
        _show(one, console, show)


def _show(one: Comparison, console: Console, show: int) -> None:
    if one.equal:
        console.print(Text.assemble((one.name, "bold"), f"  equal, {one.matched:,} records"))
        return
    counts = f"{len(one.removed):,} removed, {len(one.added):,} added, {one.changed_records:,} changed"
    head = f"  {one.left.count:,} and {one.right.count:,} records: {counts} ({one.changed_cells:,} cells)"
    console.print(Text.assemble((one.name, "bold"), head, f"  by {', '.join(one.keys)}"))
    table = Grid(box=None, show_header=False, padding=(0, 2, 0, 2))
    for name, said in _lines(one):
        table.add_row(name, Text(said))
    if table.row_count:
        console.print(table)
    for d in list(one.differences(show))[:show] if show else ():
        console.print(Text(f"  {d.change} {keys_text(one, d.keys)} {d.variable} {d.left!r} -> {d.right!r}"))


def _lines(one: Comparison) -> Iterator[tuple[str, str]]:
    yield from ((name, "only on the left") for name in one.only_left)
    yield from ((name, "only on the right") for name in one.only_right)
    for change in one.attributes:
        yield change.variable or one.name, f"{change.attribute}: {change.left!r} -> {change.right!r}"
    for variable in one.variables:
        far = largest(variable.largest)
        yield variable.name, f"{variable.count:,} cells" + (f", at most {far} apart" if far else "")
