"""An answer as a tree on the terminal."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from trialkit.explain.answer import Answer

MOST_ORIGINS = 20


def as_tree(answer: Answer) -> Tree:
    """Draw an answer as a tree: values in quotes, raw cells with file, line and column.

    >>> from rich.console import Console
    >>> made = Answer("DM.SEX", "F", rule="SEX.", origins=(Answer("SUBJ.SEX", "F", file="SUBJ.csv", line=3),))
    >>> Console(width=60, color_system=None).print(as_tree(made))
    DM.SEX = 'F'
    SEX.
    └── SUBJ.csv:3  'F'
    """
    tree = Tree(_label(answer), highlight=False)
    _grow(tree, answer)
    return tree


def _grow(tree: Tree, answer: Answer) -> None:
    width = max((len(one.spot) for one in answer.origins), default=0)
    for one in answer.origins[:MOST_ORIGINS]:
        _grow(tree.add(_label(one, width)), one)
    if len(answer.origins) > MOST_ORIGINS:
        tree.add(Text(f"... and {len(answer.origins) - MOST_ORIGINS} more", "dim"))


def _label(answer: Answer, width: int = 0) -> Text:
    role = (f"  ({answer.role})", "dim") if answer.role else ""
    if answer.file:
        shown = f"  {answer.value!r}" if answer.column or answer.value else ""
        return Text.assemble((answer.spot.ljust(width), "cyan"), shown, role, _said(answer))
    record = (f"  record {answer.record}", "dim") if answer.record else ""
    shown = "" if answer.role == "working column" and not answer.value else f" = {answer.value!r}"
    return Text.assemble((answer.what, "bold"), shown, record, role, _said(answer))


def _said(answer: Answer) -> Text:
    lines = []
    if answer.rule or answer.spec:
        lines.append(
            Text.assemble(
                "\n", answer.rule or "", ("  " if answer.rule and answer.spec else ""), (answer.spec, "dim")
            )
        )
    lines += [Text(f"\n{note}", "yellow") for note in answer.notes]
    return Text("").join(lines)
