"""Every kind of problem of the readers has a code of its own and a line of help."""

import importlib
import pkgutil
import re

import trialkit.raw
from trialkit.problems import Kind


def test_codes_are_distinct_and_helpful():
    kinds = {}
    for info in pkgutil.iter_modules(trialkit.raw.__path__):
        module = importlib.import_module(f"trialkit.raw.{info.name}")
        for kind in vars(module).values():
            if isinstance(kind, Kind):
                assert kinds.setdefault(kind.code, kind) is kind
    assert len(kinds) > 30
    for kind in kinds.values():
        assert re.fullmatch(r"(RAW|PATH)-[0-9]{3}", kind.code)
        assert kind.fix.endswith(".")
        assert not kind.title.endswith(".")
