"""What the specs alone say of a value: the raw columns that it holds, and the texts that it can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from trialkit.dataflow import Leaf


class Trace(NamedTuple):
    """A raw column whose content a value still is, be it in another form.

    Args:
        source: the raw source.
        column: its column.
        recoded: whether the content was put in other words, by a code, a table or a unit.
        picked: how it was picked among several rows, such as ``earliest``; "" where it was not.

    >>> Trace("SUBJ", "SEX").leaf
    Leaf(table='SUBJ', column='SEX')
    """

    source: str
    column: str
    recoded: bool = False
    picked: str = ""

    @property
    def leaf(self) -> Leaf:
        """Give the column without how it got here.

        >>> Trace("SUBJ", "SEX", recoded=True).leaf.column
        'SEX'
        """
        return Leaf(self.source, self.column)


Texts: TypeAlias = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value as far as it is known without data.

    Args:
        traces: the raw columns whose content it is.
        texts: all texts that it can have, "" for missing; None where they are not known.

    >>> Value(texts=frozenset({"IL2"})).text
    'IL2'
    """

    traces: frozenset[Trace] = frozenset()
    texts: Texts = None

    @property
    def text(self) -> str | None:
        """Give the only text that it can have; None where that is not known.

        >>> Value().text is None
        True
        """
        return next(iter(self.texts)) if self.texts is not None and len(self.texts) == 1 else None

    @property
    def said(self) -> str:
        """Give the only text other than missing; "" where there is none or several.

        >>> Value(texts=frozenset({"", "Y"})).said
        'Y'
        """
        filled = [text for text in self.texts or () if text]
        return filled[0] if len(filled) == 1 else ""

    def recoded(self) -> Value:
        """Give it as put in other words.

        >>> Value(frozenset({Trace("SUBJ", "SEX")})).recoded().traces
        frozenset({Trace(source='SUBJ', column='SEX', recoded=True, picked='')})
        """
        return replace(self, traces=frozenset(one._replace(recoded=True) for one in self.traces))

    def picked(self, how: str) -> Value:
        """Give it as picked among several rows.

        >>> next(iter(Value(frozenset({Trace("SUBJ", "ICDAT")})).picked("earliest").traces)).picked
        'earliest'
        """
        return replace(self, traces=frozenset(one._replace(picked=how) for one in self.traces))

    def hidden(self) -> Value:
        """Give it without its columns: a value made from it is derived.

        >>> Value(frozenset({Trace("SUBJ", "SEX")})).hidden().traces
        frozenset()
        """
        return replace(self, traces=frozenset())


MISSING = Value(texts=frozenset({""}))


def known(text: str) -> Value:
    """Give the value that is always this text.

    >>> known("Y").text
    'Y'
    """
    return Value(texts=frozenset({text}))


def merged(values: Iterable[Value]) -> Value:
    """Give the value that is any of these.

    >>> sorted(merged([known("Y"), MISSING]).texts)
    ['', 'Y']
    """
    parts = list(values)
    texts = [one.texts for one in parts]
    found = None if not parts or None in texts else frozenset().union(*(one or () for one in texts))
    return Value(frozenset[Trace]().union(*(one.traces for one in parts)), found)
