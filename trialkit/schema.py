"""JSON Schemas of the spec files, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from trialkit.model import Model
from trialkit.rule import RecordRule, Rule, VariableRule
from trialkit.spec import SHARED, DatasetSpec, StudySpec, Supplemental, Variable

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NESTED = ("Value", "Step")
INCLUDED = {"$ref": "#/$defs/Include"}
INCLUDE = {
    "type": "object",
    "description": "what stands in another file of the study's folder",
    "properties": {"include": {"type": "string"}},
    "required": ["include"],
    "additionalProperties": False,
}
VARIABLES = {"Variable": Variable, "Supplemental": Supplemental}

Schema = dict[str, Any]


def dataset_schema(rules: dict[str, type[Rule]]) -> Schema:
    """Give the JSON Schema of a dataset's spec, with all rules.

    >>> from trialkit.rule import find_rules
    >>> schema = dataset_schema(find_rules(("trialkit.rules",)))
    >>> "Value" in schema["$defs"], schema["required"][0]
    (True, 'dataset')
    """
    schema = _of(DatasetSpec)
    defs: Schema = schema["$defs"]
    for key, rule in sorted(rules.items()):
        defs.update(_defs(rule))
        defs[f"rule {key}"] = _of(rule, bare=True)
    values = _refs(rules, VariableRule)
    defs["Value"] = {"anyOf": [{"type": "string", "description": "a column, or a 'text'"}, *values]}
    defs["Step"] = {"anyOf": _refs(rules, RecordRule)}
    for name, model in VARIABLES.items():
        defs[name] = _variable(model, rules, defs)
    return _finished({"title": "dataset spec", **schema})


def study_schema() -> Schema:
    """Give the JSON Schema of study.yaml.

    >>> study_schema()["title"]
    'study spec'
    """
    return _finished({**_of(StudySpec), "title": "study spec"})


def schema_of(model: type[Model], name: str) -> Schema:
    """Give the JSON Schema of another file of a study, such as guide.yaml.

    >>> from trialkit.submission.spec import PackageSpec
    >>> schema_of(PackageSpec, "package")["title"]
    'package'
    """
    return _finished({"$defs": {}, **_of(model), "title": name})


def _finished(schema: Schema) -> Schema:
    parts = {key: value for key, value in schema.items() if key not in ("$defs", "properties")}
    properties = {key: loosened(value) for key, value in schema["properties"].items()}
    defs = {key: loosened(value) for key, value in sorted(schema["$defs"].items())}
    return {"$schema": DRAFT, **parts, "properties": properties, "$defs": {**defs, "Include": INCLUDE}}


def _of(model: type[Model], *, bare: bool = False) -> Schema:
    schema = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    if bare:
        schema.pop("$defs", None)
    return schema


def _defs(model: type[Model]) -> Schema:
    defs: Schema = _of(model).get("$defs", {})
    return defs


def _refs(rules: dict[str, type[Rule]], base: type[Rule]) -> list[Schema]:
    return [{"$ref": f"#/$defs/rule {key}"} for key, rule in sorted(rules.items()) if issubclass(rule, base)]


def _variable(model: type[Variable], rules: dict[str, type[Rule]], defs: Schema) -> Schema:
    """Let the keys of a variable and those of its rule stand beside each other."""
    own = {key: value for key, value in _of(model, bare=True)["properties"].items() if key != "rule"}
    forms: list[Schema] = [{"type": "string", "description": "a column, or a 'text'"}]
    for key, rule in sorted(rules.items()):
        if issubclass(rule, VariableRule):
            schema = defs[f"rule {key}"]
            shown = {name: value for name, value in own.items() if name not in SHARED}
            forms.append({**schema, "properties": {**own, **schema.get("properties", {}), **shown}})
    return {"anyOf": forms}


def loosened(schema: Any) -> Any:
    """Let a text be a bare number or truth value, and a list or mapping stand in a file of its own.

    >>> loosened({"type": "string"})
    {'type': ['string', 'number', 'boolean']}
    """
    if isinstance(schema, list):
        return [loosened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: loosened(value) for key, value in schema.items()}
    # the models mark nested rules by a comment, since what they are is only known with all rules at hand
    if made.get("$comment") in NESTED:
        made["$ref"] = f"#/$defs/{made.pop('$comment')}"
    if made.get("type") == "string" and not {"enum", "const", "pattern", "format"} & set(made):
        made["type"] = ["string", "number", "boolean"]
    return {"anyOf": [made, INCLUDED]} if made.get("type") in ("array", "object") else made
