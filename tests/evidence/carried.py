"""Which requirements a test carries: by its marker, and by the problem codes that it names."""

from __future__ import annotations

import ast
import doctest
import functools
import re
from pathlib import Path

from trialkit.problems import Kind

CODE = re.compile(r"\b[A-Z][A-Z0-9]*-\d{3}\b")
HERE = Path(__file__).parent
DENIES = (ast.NotIn, ast.NotEq)


def carried(item, known):
    """Give the ids of a collected test, sorted.

    Named are the codes that it expects: in the texts and constants of its function, in its case of a
    parametrization or of a table of its module, in the output that a docstring shows. What a test
    says not to be there (``not in``, ``!=``) it doesn't carry.

    Args:
        item: a collected test.
        known: ids of all requirements.

    Raises:
        LookupError: its marker names what is no requirement.
    """
    marked = {name for mark in item.iter_markers("proves") for name in mark.args}
    if marked - known:
        raise LookupError(f"{item.nodeid} proves what is no requirement: {sorted(marked - known)}")
    return tuple(sorted(marked | set(named(item)) & known))


def named(item):
    """Give the problem codes that a test names."""
    shown = getattr(item, "dtest", None)
    if isinstance(shown, doctest.DocTest):
        for example in shown.examples:
            yield from codes_of([example.want, example.exc_msg or ""])
    function = getattr(item, "function", None)
    if function is None or HERE in item.path.parents:  # tests of the evidence name codes as examples
        return
    values = list(item.callspec.params.values()) if hasattr(item, "callspec") else []
    texts, names = words(Path(function.__code__.co_filename), function.__name__)
    yield from codes_of([*values, *texts])
    for name in names:
        yield from codes_of(entry(function.__globals__.get(name), values))


def entry(table, values):
    """Give the entry of a table that the case of a test is about; all of it where it has no such case."""
    keys = [value for value in values if isinstance(value, str)]
    mine = [table[key] for key in keys if isinstance(table, dict) and key in table]
    return mine or table


def codes_of(value):
    """Give the problem codes in a value: a text, a kind, or what a list or mapping has of these."""
    if isinstance(value, str):
        yield from CODE.findall(value)
    elif isinstance(value, Kind):
        yield value.code
    elif isinstance(value, dict):
        yield from codes_of([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from codes_of(one)


@functools.cache
def functions(path):
    """Give the functions of a module by name."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def said(node):
    """Give the parts of a statement that say what is so; a comparison that denies says nothing."""
    if isinstance(node, ast.Compare) and any(isinstance(one, DENIES) for one in node.ops):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from said(child)


@functools.cache
def words(path, name):
    """Give the texts and the names in the body of a function."""
    function = functions(path).get(name)
    nodes = [part for line in function.body for part in said(line)] if function else []
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return texts, sorted({node.id for node in nodes if isinstance(node, ast.Name)})
