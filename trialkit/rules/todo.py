"""Rules that nobody has written yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from trialkit.context import Context
from trialkit.model import Model, models_in
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.rule import RecordRule, VariableRule
from trialkit.spec import DatasetSpec

TO_DO = Kind("SPEC-031", "still to do", "Write the rule in its place.", exit=Exit.SPEC)


class Todo(VariableRule, RecordRule):  # it stands for a rule of either kind
    """Still to do: {todo}.

    What stands beside it is known, such as label, origin and method; how the values or the records are
    made is not. Datasets with such a rule cannot be built. `trialkit check` lists what is to do, and
    `trialkit define` describes datasets that are there already.

    >>> Todo(todo="the rule").sentence()
    'Still to do: the rule.'
    """

    origin = ""

    what: str = Field(alias="todo", min_length=1, description="what is to do, in a few words")

    example: ClassVar[str] = "- todo: where the records come from"

    def problem(self, owner: str) -> Problem:
        """Say that it is still to do.

        Args:
            owner: the variable, or the dataset for where its records come from.

        >>> Todo(todo="the rule").problem("AE.AETERM").line()
        'error SPEC-031 AE.AETERM: the rule is still to do. Write the rule in its place.'
        """
        return Problem(TO_DO, f"{owner}: {self.what} is {TO_DO.title}", self.place())

    def apply(self, *given: Any) -> Any:
        """Say that it is still to do.

        Raises:
            Refusal: SPEC-031.
        """
        context: Context = given[-1]
        raise Refusal([self.problem(context.variable or context.dataset)])


def undone(spec: DatasetSpec) -> Iterator[Problem]:
    """Find the rules of a dataset that are still to do, those within others included.

    >>> from trialkit.samples import sample_study
    >>> list(undone(sample_study().datasets["DM"]))
    []
    """
    named = {**spec.variables, **spec.supplemental}
    rules: list[tuple[str, Model]] = [(spec.dataset, one) for one in spec.records]
    rules += [(f"{spec.dataset}.{name}", one.rule) for name, one in named.items()]
    for owner, rule in rules:
        yield from (one.problem(owner) for one in models_in(rule) if isinstance(one, Todo))


def is_draft(spec: DatasetSpec) -> bool:
    """Say whether a rule of a dataset is still to do.

    >>> from trialkit.samples import sample_study
    >>> is_draft(sample_study().datasets["DM"])
    False
    """
    return any(True for _ in undone(spec))
