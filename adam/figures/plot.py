"""The base of every plot, and how a figure becomes the same bytes on every machine."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np
from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from adam.analysis.data import Data
from adam.analysis.method import chosen
from trialkit.rule import Rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Told apart in grey and by readers who see no red or green (Okabe and Ito 2008).
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5c5c5c")
INK, SOFT, LINE = "#16202b", "#4d5b6a", "#d5dbe2"
STYLE: Any = {
    "svg.hashsalt": "trialkit",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "text.color": INK,
    "figure.constrained_layout.use": True,
}


class Plot(Rule):
    """What all plots share: what a rule is, and a drawing.

    >>> Plot.key()
    'plot'
    """

    def draw(self, figure: Figure, data: Data) -> str:
        """Draw the records, and say in words what can be seen.

        >>> Plot().draw(None, None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError


def svg(plot: Plot, data: Data) -> tuple[bytes, str]:
    """Draw a plot as SVG without clock, random identifiers or fonts of the machine.

    Returns:
        The file, and the description for those who can't see it.

    >>> from trialkit.column import Column
    >>> from adam.figures.waterfall import Waterfall
    >>> data = Data("ADSLOPE", {"USUBJID": Column.text(["1"]), "AVAL": Column.numbers([20.0])}, 1)
    >>> made, said = svg(Waterfall(of="AVAL", unit="%"), data)
    >>> made[:5], said
    (b'<?xml', '1 subject: 1 above 0, 0 at or below.')
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 4.8))
        said = plot.draw(figure, data)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue(), said


def nothing(figure: Figure, why: str) -> str:
    """Leave a figure empty and say why.

    >>> from matplotlib.figure import Figure
    >>> nothing(Figure(), "no record")
    'Empty: no record.'
    """
    axes = figure.subplots()
    axes.axis("off")
    axes.text(0.5, 0.5, why, ha="center", va="center", color=SOFT, transform=axes.transAxes)
    return f"Empty: {why}."


def short_ids(subjects: Sequence[str]) -> list[str]:
    """Shorten the names of subjects to the part that tells them apart.

    >>> short_ids(["S-01-001", "S-01-012"])
    ['001', '012']
    """
    parts = [re.split(r"[-_ ]", name) for name in subjects]
    last = [part[-1] for part in parts]
    return last if len(set(last)) == len(set(subjects)) else list(subjects)


def as_plot(value: Any, info: ValidationInfo) -> Any:
    """Read a plot.

    >>> from types import SimpleNamespace
    >>> as_plot({"waterfall": {"of": "AVAL"}}, SimpleNamespace(context=None)).key()
    'waterfall'
    """
    return chosen(value, info, "adam.figures", Plot)


def spread(numbers: np.ndarray, by: float = 0.05) -> tuple[float, float]:
    """Give limits of an axis with some room around the numbers.

    >>> spread(np.array([0.0, 10.0]), 0.1)
    (-1.0, 11.0)
    """
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    room = (high - low) * by or 1.0
    return low - room, high + room


PlotField: TypeAlias = Annotated[Plot, BeforeValidator(as_plot), WithJsonSchema({"$comment": "Plot"})]
