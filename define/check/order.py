"""Names, order and keys of datasets and variables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from define.check.view import View
from define.model import ItemGroupDef, ValueListDef
from trialkit.problems import Kind, Problem

ORDER_TWICE = Kind("DEFC-070", "order number stands twice", "Number the variables from 1, each once.")
KEYS = Kind("DEFC-071", "keys are not numbered 1, 2, 3", "Number the keys from 1 without a gap.")
NO_KEYS = Kind("DEFC-072", "dataset has no keys", "Give KeySequence to what makes a record unique.")
NAME_TWICE = Kind("DEFC-073", "variable stands twice in a dataset", "Keep one.")
DATASET_TWICE = Kind("DEFC-074", "two datasets have one name", "Give each its own.")


def order_numbers(view: View) -> Iterator[Problem]:
    """Find order numbers that stand twice in a dataset or value list.

    >>> from define.check.samples import findings
    >>> findings(order_numbers, "item_groups.0.items.1", order_number=1)
    ['IG.DM: order number 1 stands twice']
    """
    lists: tuple[ItemGroupDef | ValueListDef, ...] = (*view.metadata.item_groups, *view.metadata.value_lists)
    for one in lists:
        seen = Counter[int]()
        for ref in one.items:
            if ref.order_number is not None:
                seen[ref.order_number] += 1
                if seen[ref.order_number] == 2:
                    what = f"{one.oid}: order number {ref.order_number} stands twice"
                    yield view.problem(ORDER_TWICE, ref, what)


def keys(view: View) -> Iterator[Problem]:
    """Find datasets without keys, or whose keys are not numbered from 1.

    >>> from define.check.samples import findings
    >>> findings(keys, "item_groups.0.items.0", key_sequence=2)
    ['keys of DM are numbered 2']
    """
    for group in view.metadata.item_groups:
        numbers = sorted(ref.key_sequence for ref in group.items if ref.key_sequence is not None)
        if not numbers and not group.has_no_data:
            yield view.problem(NO_KEYS, group, f"dataset {group.name} has no keys")
        elif numbers != list(range(1, len(numbers) + 1)):
            said = ", ".join(map(str, numbers))
            yield view.problem(KEYS, group, f"keys of {group.name} are numbered {said}")


def names(view: View) -> Iterator[Problem]:
    """Find datasets and variables of one name.

    >>> from define.check.samples import findings
    >>> findings(names, "items.1", name="USUBJID")
    ['DM.USUBJID stands twice']
    """
    datasets = Counter[str]()
    for group in view.metadata.item_groups:
        datasets[group.name] += 1
        if datasets[group.name] == 2:
            yield view.problem(DATASET_TWICE, group, f"two datasets have the name {group.name}")
    seen = Counter[tuple[str, str]]()
    for use in view.variables():
        seen[use.group.oid, use.variable] += 1
        if seen[use.group.oid, use.variable] == 2:
            yield view.problem(NAME_TWICE, use.ref, f"{use.name} stands twice", use)
