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
    _grow(tree, answer, set())
    return tree


def _grow(tree: Tree, answer: Answer, seen: set[tuple[str, int]]) -> None:
    width = max((len(one.spot) for one in answer.origins), default=0)
    for one in answer.origins[:MOST_ORIGINS]:
        if (one.what, one.record) in seen:
            tree.add(Text.assemble(_name(one), ("  see above", "dim")))
            continue
        if one.record:
            seen.add((one.what, one.record))
        _grow(tree.add(_label(one, width)), one, seen)
    if len(answer.origins) > MOST_ORIGINS:
        tree.add(Text(f"... and {len(answer.origins) - MOST_ORIGINS} more", "dim"))


def _label(answer: Answer, width: int = 0) -> Text:
    if not answer.file:
        return Text.assemble(_name(answer), _said(answer))
    value = "(not read)" if answer.unread else repr(answer.value)
    shown = f"  {value}" if answer.column or answer.value else ""
    return Text.assemble((answer.spot.ljust(width), "cyan"), shown, _role(answer), _said(answer))


def _name(answer: Answer) -> Text:
    record = (f"  record {answer.record}", "dim") if answer.record else ""
    shown = f" = {answer.value!r}" if answer.value or "." in answer.what else ""
    return Text.assemble((answer.what, "bold"), shown, record, _role(answer))


def _role(answer: Answer) -> Text:
    return Text(f"  ({answer.role})" if answer.role else "", "dim")


def _said(answer: Answer) -> Text:
    lines = []
    if answer.rule or answer.spec:
        apart = "  " if answer.rule and answer.spec else ""
        lines.append(Text.assemble("\n", answer.rule, apart, (answer.spec, "dim")))
    lines += [Text(f"\n{note}", "yellow") for note in answer.notes]
    return Text("").join(lines)
