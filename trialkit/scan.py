"""Finds the rules: an explicit scan of the packages that hold them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from trialkit.rule import Broken, RecordRule, Rule, VariableRule

BASES = (Rule, VariableRule, RecordRule, Broken)


@cache
def find_rules(packages: tuple[str, ...]) -> dict[str, type[Rule]]:
    """Find every rule class that a module of these packages defines, by its YAML key.

    A class whose name begins with an underscore is a base of others and no rule itself.

    >>> find_rules(("trialkit.rules",))["copy"].__name__
    'Copy'
    """
    found: dict[str, type[Rule]] = {}
    for package in packages:
        root = importlib.import_module(package)
        for info in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda info: info.name):
            module = importlib.import_module(info.name)
            for name, item in inspect.getmembers(module, inspect.isclass):
                if not issubclass(item, Rule) or item in BASES or name.startswith("_"):
                    continue
                if item.__module__ == module.__name__:
                    assert item.key() not in found, f"two rules are called {item.key()}"
                    found[item.key()] = item
    return found
