"""Finds classes: an explicit scan of the packages that hold them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def classes_in(packages: Iterable[str], base: type[T]) -> Iterator[type[T]]:
    """Give every class of a kind that a module of these packages defines, by module and name.

    A class whose name begins with an underscore is a base of others and is left out.

    >>> from trialkit.rule import RecordRule
    >>> [one.__name__ for one in classes_in(["trialkit.rules"], RecordRule)][:2]
    ['DuplicateKeys', 'ExactDuplicates']
    """
    for package in packages:
        root = importlib.import_module(package)
        for info in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda info: info.name):
            module = importlib.import_module(info.name)
            for name, item in inspect.getmembers(module, inspect.isclass):
                here = item.__module__ == module.__name__
                if here and issubclass(item, base) and not name.startswith("_"):
                    yield item
