"""Rules that give a value as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from trialkit.column import Column
from trialkit.context import NO_COLUMN, Context
from trialkit.problems import Place, Problem, Refusal, did_you_mean
from trialkit.rule import ColumnName, Reference, VariableRule


class Constant(VariableRule):
    """'{constant}'.

    Every record has the same text. A numeric variable reads it as a number.

    >>> Constant(constant="DM").sentence()
    "'DM'."
    """

    origin = "Assigned"

    text: str = Field(alias="constant", description="the text of every record")

    example: ClassVar[str] = "DOMAIN: {constant: DM}"

    def sentence(self) -> str:
        """Say the text, or that the value is missing.

        >>> Constant(constant="").sentence()
        'missing.'
        """
        return super().sentence() if self.text else "missing."

    def literals(self) -> Iterator[tuple[str, Place]]:
        """Give the text.

        >>> [text for text, _ in Constant(constant="DM").literals()]
        ['DM']
        """
        yield self.text, self.place("constant")

    def apply(self, context: Context) -> Column:
        """Give every record the text.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> Constant(constant="DM").apply(sample_context(Records({}, 1))).objects()
        array(['DM'], dtype=object)
        """
        return Column.constant(self.text, context.count)


class Copy(VariableRule):
    """{copy}.

    The column as it is: a variable made before, else a column of the records. In the variable
    that has the column's own name it is the records' column.

    >>> Copy(copy="AGE").sentence()
    'AGE.'
    """

    origin = ""

    of: ColumnName = Field(alias="copy", description="column or variable")

    example: ClassVar[str] = "SUBJID: {copy: SUBJECT}"

    def apply(self, context: Context) -> Column:
        """Give the column.

        Raises:
            Refusal: SPEC-020 when there is no such column.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> records = Records.start("DM", {"A": Column.text(["x"])}, 1)
        >>> Copy(copy="A").apply(sample_context(records)).objects()
        array(['x'], dtype=object)
        """
        return context.column(self.of, self.place("copy"))


class Record(VariableRule):
    """{record} as collected.

    The records' own column, also where a variable of the dataset has the same name.

    >>> Record(record="SEX").sentence()
    'SEX as collected.'
    """

    origin = ""

    of: ColumnName = Field(alias="record", description="column of the records")

    example: ClassVar[str] = "SEXORIG: {record: SEX}"

    def references(self) -> Iterator[Reference]:
        """Name the records' column.

        >>> next(Record(record="SEX").references()).record
        True
        """
        yield Reference(self.of, place=self.place("record"), record=True)

    def apply(self, context: Context) -> Column:
        """Give the records' column.

        Raises:
            Refusal: SPEC-020 when the records have no such column.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> records = Records.start("DM", {"A": Column.text(["x"])}, 1)
        >>> Record(record="A").apply(sample_context(records)).objects()
        array(['x'], dtype=object)
        """
        if self.of in context.records.columns:
            return context.records.columns[self.of]
        place = self.place("record")
        where = place if place.file else Place(dataset=context.dataset, variable=context.variable)
        hint = did_you_mean(self.of, context.records.columns)
        raise Refusal([Problem(NO_COLUMN, f"unknown column '{self.of}' of the records", where, hint=hint)])
