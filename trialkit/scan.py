"""Finds classes: an explicit scan of the packages that hold them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def classes_in(packages: Iterable[str], base: type[T]) -> Iterator[type[T]]:
    """Give every class of a kind that a module of these packages defines, in the order of the modules.

    A class whose name begins with an underscore is a base of others and is left out.

    >>> from trialkit.rule import RecordRule
    >>> [one.__name__ for one in classes_in(["trialkit.rules"], RecordRule)][:2]
    ['ExactDuplicates', 'DuplicateKeys']
    """
    for package in packages:
        root = importlib.import_module(package)
        for info in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda info: info.name):
            module = importlib.import_module(info.name)
            for name, item in vars(module).items():
                if inspect.isclass(item) and issubclass(item, base) and item.__module__ == module.__name__:
                    if not name.startswith("_"):
                        yield item
