"""What made an output: inputs, specs, terminology, versions and counts, each with its hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from trialkit.result import Result
from trialkit.standard import Standard

# a line of study.yaml that says how define.html looks: the datasets are the same with any of them
_LOOKS = re.compile(r"^preview:[ \t]*(none|summary|rows)[ \t]*(#[^\n]*)?(\n|\Z)", re.MULTILINE)
KNOWN_TABLES = frozenset({"tables/units.csv", "tables/visits.csv"})  # rules use them without naming them


def facts_of(result: Result, standard: Standard) -> dict[str, Any]:
    """Give what the manifest says beside the hashes of the outputs.

    ``build`` names the build: folders whose manifests share it belong together.

    >>> from trialkit.samples import sample_result, sample_standard
    >>> facts = facts_of(sample_result(), sample_standard())
    >>> facts["standard"], facts["inputs"]["DOSING"]["file"], len(facts["build"])
    ('SDTMIG 3.4', 'dosing.csv', 16)
    """
    study = result.study
    made: dict[str, Any] = {
        "study": study.spec.study,
        "standard": f"{standard.name} {standard.version}",
        "terminology": study.spec.standard.terminology,
        "toolkit": version("trialkit"),
        "created": study.spec.created.isoformat(),
        "extract": study.spec.extract,
        "cutoff": study.spec.cutoff.isoformat() if study.spec.cutoff else "",
        "dictionaries": {name: one.facts() for name, one in sorted(result.dictionaries.items())},
        "previous": result.previous.facts() if result.previous else {},
        "specs": {name: spec_hash(name, text) for name, text in sorted(study.texts.items())},
        "inputs": {
            name: {
                "file": raw.file,
                "sha256": raw.sha256,
                "rows": raw.rows,
                "companions": dict(raw.companions),
            }
            for name, raw in sorted(result.store.raw.items())
            if name in study.spec.sources
        },
        "keys": {one.name: one.spec.keys for one in sorted(result.built, key=lambda one: one.name)},
        "datasets": {one.name: one.count for one in sorted(result.built, key=lambda one: one.name)},
        "problems": {"queries": sum(problem.count for problem in result.problems.queries())},
    }
    return {**made, "build": sha256(json.dumps(made, sort_keys=True).encode())[:16]}


def changed_specs(texts: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Say of each spec that is not the one of a build what became of it since.

    A table that has been written since is left out: no spec of the build can have named it.

    Args:
        texts: the specs of today, by their path.
        then: their hashes in the manifest of the build.

    >>> changed_specs({"study.yaml": "a", "sdtm/dm.yaml": "b", "tables/x.csv": "c"}, {"study.yaml": ""})
    {'sdtm/dm.yaml': 'is new', 'study.yaml': 'has changed'}
    """
    now = {name: spec_hash(name, text) for name, text in texts.items()}
    said: dict[str, str] = {}
    for name in sorted(now.keys() | then.keys()):
        if name not in then and (not name.startswith("tables/") or name in KNOWN_TABLES):
            said[name] = "is new"
        elif name not in now:
            said[name] = "is gone"
        elif name in then and now[name] != then[name]:
            said[name] = "has changed"
    return said


def spec_hash(name: str, text: str) -> str:
    r"""Give the hash by which a build knows a spec: that of its text.

    ``preview`` of study.yaml takes no part: it needs a new define.html, and no new datasets.

    >>> spec_hash("study.yaml", "study: S1\npreview: rows\n") == sha256(b"study: S1\n")
    True
    >>> spec_hash("sdtm/dm.yaml", "preview: rows\n") == sha256(b"")
    False
    """
    return sha256((_LOOKS.sub("", text) if name == "study.yaml" else text).encode())


def sha256(data: bytes) -> str:
    """Give the SHA-256 of some bytes as hexadecimal text.

    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()
