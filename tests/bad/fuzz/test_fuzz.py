"""Specs and raw files changed at random: whatever comes, the answer is a coded problem or a good build.

A seed names a case, so that a failure is a case to keep: ``mutate`` with the same seed gives the same files.
"""

import contextlib
import io
import random
import re
import shutil
import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from hypothesis import settings
from ruamel.yaml import YAML

from trialkit.cli import cli
from trialkit.load import Loading
from trialkit.problems import Refusal
from trialkit.rule import as_step, as_value, find_rules

BASE = Path(__file__).parents[1] / "base"
SPECS = sorted(path.relative_to(BASE).as_posix() for path in [BASE / "study.yaml", *BASE.glob("sdtm/*.yaml")])
DATA = sorted(
    path.relative_to(BASE).as_posix() for path in [*BASE.glob("raw/*.csv"), *BASE.glob("tables/*.csv")]
)
# few in the daily tests, many under `make fuzz`
RUNS = 8 if settings().max_examples <= 100 else 1500

WORDS = YAML(typ="safe", pure=True).load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
BYTES = [text.encode("latin-1") for text in WORDS["bytes"]]
SCALARS, KEYS, CELLS = WORDS["scalars"], WORDS["keys"], WORDS["cells"]
COLUMNS, TABLES = WORDS["columns"], WORDS["tables"]
KNOWN = find_rules(("trialkit.rules", "sdtm.rules"))
RULES = [YAML(typ="safe", pure=True).load(rule.example) for rule in KNOWN.values() if rule.example]
STEPS = [step for rule in RULES if isinstance(rule, list) for step in rule]
VALUES = [value for rule in RULES if isinstance(rule, dict) for value in rule.values()]


def cut(text, chance):
    at = chance.randrange(len(text) + 1)
    return at, min(len(text), at + chance.choice([1, 1, 2, 8, 40]))


def mutate_bytes(data, chance):
    first, last = cut(data, chance)
    match chance.randrange(4):
        case 0:
            return data[:first] + data[last:]
        case 1:
            return data[:first] + chance.choice(BYTES) + data[first:]
        case 2:
            return data[:last] + data[first:]
    return data[:first] + bytes(reversed(data[first:last])) + data[last:]


def spots(tree, above=()):
    """Name every place of a tree: (container, key) pairs."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from spots(tree[key])


def anything(chance, pool, depth=0):
    kind = chance.randrange(6) if depth < 3 else 0
    if kind < 3:
        return chance.choice(SCALARS)
    if kind == 3:
        return [anything(chance, pool, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 4:
        return {chance.choice(KEYS): anything(chance, pool, depth + 1) for _ in range(chance.randrange(1, 4))}
    return deepcopy(chance.choice(pool))


def mutate_tree(tree, chance):
    found = list(spots(tree))
    pool = [above[key] for above, key in found]
    above, key = chance.choice(found)
    match chance.randrange(5):
        case 0 if isinstance(above, dict):
            above[chance.choice(KEYS + SCALARS)] = above.pop(key)
        case 1:
            del above[key]
        case 2 if isinstance(above, dict):
            above[chance.choice(KEYS)] = anything(chance, pool)
        case 3 if isinstance(above, list):
            above.insert(key, anything(chance, pool))
        case _:
            above[key] = anything(chance, pool)
    return tree


def fitted(example, read, dataset, chance):
    """Name columns and tables of the study in the example of a rule, in place of its own."""
    names = {}
    for one in read(deepcopy(example), SimpleNamespace(context=Loading(rules=KNOWN))).references():
        if one.table:
            table = names.setdefault(one.table, chance.choice(list(TABLES)))
            names[one.column] = chance.choice(TABLES.get(table, TABLES["DM"]))
        elif one.column:
            names[one.column] = chance.choice(COLUMNS[dataset])
    return replaced(example, {name: new for name, new in names.items() if name and chance.random() < 0.95})


def replaced(value, names):
    if isinstance(value, dict):
        return {
            replaced(key, names) if key in names else key: replaced(part, names)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [replaced(part, names) for part in value]
    return (
        re.sub(r"[A-Za-z_][\w.]*", lambda word: names.get(word[0], word[0]), value)
        if isinstance(value, str)
        else value
    )


def mutate_rules(tree, chance):
    """Put the example of a rule, good in itself, in a place where nobody thought of it."""
    if chance.random() < 0.4:
        step = fitted(chance.choice(STEPS), as_step, tree["dataset"], chance)
        tree["records"].insert(chance.randrange(1, len(tree["records"]) + 1), step)
    else:
        names = [name for name in tree["variables"] if name not in ("STUDYID", "DOMAIN", "USUBJID")]
        name = chance.choice(names)
        tree["variables"][name] = fitted(chance.choice(VALUES), as_value, tree["dataset"], chance)
    return tree


def mutate_cells(text, chance):
    rows = [line.split(",") for line in text.splitlines()]
    row = chance.choice(rows)
    match chance.randrange(5):
        case 0:
            rows.append(list(row))
        case 1:
            row.append(chance.choice(CELLS))
        case 2:
            rows.remove(row)
        case _:
            row[chance.randrange(len(row))] = chance.choice(CELLS)
    return "\n".join(",".join(row) for row in rows) + chance.choice(["\n", ""])


TREES = {"spec tree": mutate_tree, "rules": mutate_rules}
FILES = {
    "spec bytes": SPECS,
    "spec tree": SPECS,
    "rules": ["sdtm/cm.yaml", "sdtm/vs.yaml"],
    "cells": DATA,
    "raw bytes": DATA,
}


def dumped(tree):
    out = io.StringIO()
    YAML().dump(tree, out)
    return out.getvalue()


def mutate(how, seed, folder):
    chance = random.Random(f"{how} {seed}")
    shutil.copytree(BASE, folder)
    path = folder / chance.choice(FILES[how])
    for _ in range(chance.choice([1, 1, 2, 4])):
        if how in TREES:
            tree = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
            path.write_text(dumped(TREES[how](tree, chance)), "utf-8") if tree else None
        elif how == "cells":
            lines = path.read_text("utf-8")
            path.write_text(mutate_cells(lines, chance), "utf-8", newline="") if lines.strip() else None
        else:
            path.write_bytes(mutate_bytes(path.read_bytes(), chance))


def build(folder, monkeypatch):
    """Run a build as the command line does, but let what nobody foresaw through."""
    monkeypatch.setattr(
        sys,
        "argv",
        ["trialkit", "sdtm", str(folder), "--raw", str(folder / "raw"), "--out", str(folder / "out")],
    )
    with (
        contextlib.redirect_stderr(io.StringIO()) as messages,
        contextlib.suppress(Refusal, click.ClickException),
    ):
        cli.main(standalone_mode=False)
    assert "Traceback" not in messages.getvalue()


@pytest.mark.proves("TK-FAIL-2")
@pytest.mark.parametrize("how", list(FILES))
@pytest.mark.parametrize("part", range(4))
def test_nothing_breaks(how, part, tmp_path, monkeypatch):
    for seed in range(part, RUNS, 4):
        folder = tmp_path / str(seed)
        mutate(how, seed, folder)
        try:
            build(folder, monkeypatch)
        except Exception as error:
            error.add_note(f"mutate({how!r}, {seed}, folder) gives the files")
            raise
        shutil.rmtree(folder)
