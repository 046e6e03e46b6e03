"""YAML to spec models: every scalar a text, every key with its line and column."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from trialkit.model import Model, SpecList, SpecMap, SpecText
from trialkit.paths import safe_path
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, code_frame, did_you_mean

M = TypeVar("M", bound=Model)

NO_FILE = Kind("SPEC-001", "spec file cannot be read", "Check the path and the permissions.", exit=Exit.SPEC)
NOT_YAML = Kind("SPEC-002", "not valid YAML", "Mend the syntax at the caret.", exit=Exit.SPEC)
TWICE = Kind("SPEC-003", "key stands twice", "Keep one of the two.", exit=Exit.SPEC)
UNKNOWN_KEY = Kind("SPEC-004", "unknown key", "See `trialkit rules` for the keys.", exit=Exit.SPEC)
UNQUOTED = 'Within braces a text with a comma stands in double quotes: {comment: "A, B"}.'
NO_KEY = Kind("SPEC-005", "key is missing", "Add the key.", exit=Exit.SPEC)
BAD_VALUE = Kind("SPEC-006", "value does not fit", "Give a value of the kind that is named.", exit=Exit.SPEC)
NOT_PLAIN = Kind(
    "SPEC-007",
    "anchor, alias or tag",
    "Write the value out, or put what is shared in a file and use `include:`.",
    exit=Exit.SPEC,
)
ENDLESS = Kind("SPEC-008", "file includes itself", "Remove the include.", exit=Exit.SPEC)

# What pydantic's kinds of error mean to somebody who writes a spec.
KINDS = {
    "string_type": "should be a text",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "dict_type": "should be keys with values",
    "model_type": "should be keys with values",
    "int_": "should be a whole number",
    "float_": "should be a number",
    "bool_": "should be true or false",
    "datetime_": "should be a date and time such as 2024-01-31T00:00:00",
    "date_": "should be a date such as 2024-01-31",
}
SCALARS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in (*SCALARS, "map", "seq")}
INCLUDE = "include"
MERGE = "<<"
MAX_DEPTH = 60
MAX_BRACKETS = 500
_BRACKETS = re.compile(r"[\[\]{}]")


@dataclass(slots=True)
class Loading:
    """What validators need while a spec is loaded: the problems, and the rules by name.

    >>> Loading().problems.items
    []
    """

    problems: Problems = field(default_factory=Problems)
    rules: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def add(self, kind: Kind, what: str, where: Place, hint: str = "") -> None:
        """Collect a problem of a spec file, with its code frame.

        >>> loading = Loading(texts={"a.yaml": "x: 1"})
        >>> loading.add(BAD_VALUE, "not good", Place("a.yaml", 1, 4))
        >>> loading.problems.items[0].where.column
        4
        """
        text = self.texts.get(where.file, "")
        frame = code_frame(text, where.line, where.column) if text and where.line else ""
        found = Problem(kind, what, where, hint=hint, frame=frame)
        if found not in self.problems.items:  # what an alias repeats is said once
            self.problems.add(found)

    def refused(self, model: type[Model], data: Any, error: ValidationError) -> None:
        """Collect what a model refused, each at its place.

        >>> class Label(Model):
        ...     length: int = 0
        >>> loading = Loading()
        >>> try: Label.model_validate({"lenght": "8"})
        ... except ValidationError as error: loading.refused(Label, {"lenght": "8"}, error)
        >>> loading.problems.items[0].hint
        "Did you mean 'length'?"
        """
        for detail in error.errors(include_url=False, include_context=True):
            self._detail(model, data, detail)

    def _detail(self, model: type[Model], data: Any, detail: ErrorDetails) -> None:
        path = detail["loc"]
        where, key = find(data, path), str(path[-1]) if path else ""
        if detail["type"] == "extra_forbidden":
            names = [*field_names(model_at(model, path[:-1])), *_beside(data, path)]
            hint = UNQUOTED if " " in key else did_you_mean(key, names)
            self.add(UNKNOWN_KEY, f"unknown key '{key}'", where, hint)
        elif detail["type"] == "missing":
            hint = f"{description(model_at(model, path[:-1]), key)}{_mistaken(data, path)}"
            self.add(NO_KEY, f"key '{key}' is missing", find(data, path[:-1]), hint)
        elif detail["type"].startswith("union_tag"):
            self.add(*_untagged(data, detail))
        else:
            self.add(BAD_VALUE, f"'{key}': {said(detail)}" if key else said(detail), where)


def _untagged(data: Any, detail: ErrorDetails) -> tuple[Kind, str, Place, str]:
    """Say which of several models a key chooses, where it names none of them."""
    found, path = detail["ctx"], detail["loc"]
    key = str(found["discriminator"]).strip("'")
    if "tag" not in found:
        return NO_KEY, f"key '{key}' is missing", find(data, path), ""
    known = re.findall(r"'([^']+)'", str(found["expected_tags"]))
    what = f"'{key}': '{found['tag']}' is not known"
    return BAD_VALUE, what, find(data, (*path, key)), did_you_mean(str(found["tag"]), known)


def _beside(data: Any, path: tuple[int | str, ...]) -> dict[str, str]:
    """Describe the keys that another model has in the mapping at hand, such as those of a variable."""
    return data.beside if isinstance(data, SpecMap) and len(path) == 1 else {}


def _mistaken(data: Any, path: tuple[int | str, ...]) -> str:
    """Say what a key is that was given in place of the one that is missing."""
    given = [key for key in _beside(data, path) if key in data.keys_at]
    near = difflib.get_close_matches(str(path[-1]), given, n=1, cutoff=0.8)
    return f" `{near[0]}` is the {_beside(data, path)[near[0]]}." if near else ""


def said(detail: ErrorDetails) -> str:
    """Say in one sentence what pydantic found.

    >>> said({"type": "int_parsing", "loc": (), "msg": "Input should be a valid integer", "input": "x"})
    'should be a whole number'
    """
    if plain := next((text for kind, text in KINDS.items() if detail["type"].startswith(kind)), ""):
        return plain
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text.removeprefix("Input ").removeprefix("String ")


def find(data: Any, path: tuple[int | str, ...]) -> Place:
    """Give the place of the deepest part of ``path`` that the data have.

    >>> find(SpecMap({"a": "1"}, Place("x", 1, 1), {"a": Place("x", 2, 1)}), ("a", "b")).line
    2
    """
    where = data.place if isinstance(data, (SpecMap, SpecList, SpecText)) else Place()
    for step in path:
        if isinstance(data, SpecMap) and step in data:
            where, data = data.spot(str(step)), data[str(step)]
        elif isinstance(data, SpecList) and isinstance(step, int) and step < len(data):
            where, data = data.items_at[step], data[step]
    return where


def model_at(model: type[Model], path: tuple[int | str, ...]) -> type[Model]:
    """Give the model that stands at a path below a model.

    >>> model_at(Model, ()) is Model
    True
    """
    for step in path:
        found = next((f for n, f in model.model_fields.items() if step in (n, f.alias)), None)
        inner = [part for part in parts_of(found.annotation) if isinstance(part, type)] if found else []
        model = next((part for part in inner if issubclass(part, Model)), model)
    return model


def parts_of(annotation: Any) -> list[Any]:
    """List a type and the types that it is made of.

    >>> parts_of(list[int])
    [list[int], <class 'int'>]
    """
    inner = getattr(annotation, "__args__", ())
    return [annotation, *(part for arg in inner for part in parts_of(arg))]


def field_names(model: type[Model]) -> list[str]:
    """List the YAML keys of a model.

    >>> class Label(Model):
    ...     length: int = 0
    >>> field_names(Label)
    ['length']
    """
    return [info.alias or name for name, info in model.model_fields.items()]


def description(model: type[Model], key: str) -> str:
    """Say what a YAML key of a model is for; empty where nothing is said of it.

    >>> description(Model, "label")
    ''
    """
    said = next((f.description for n, f in model.model_fields.items() if key in (n, f.alias)), "")
    return f"Add `{key}:` {said.rstrip('.')}." if said else ""


def load(path: Path, model: type[M], loading: Loading | None = None, folder: Path | None = None) -> M:
    """Read a YAML file into a model.

    Args:
        path: the file.
        model: the model class.
        loading: where rules are found and problems go; a new one when not given.
        folder: the study folder, against which places are named and includes resolved;
            the file's own folder when not given.

    Raises:
        Refusal: with every problem of the file, each with file:line:column and a code frame.

    >>> import tempfile
    >>> class Label(Model):
    ...     length: int = 0
    >>> file = Path(tempfile.mkdtemp()) / "a.yaml"
    >>> _ = file.write_text("length: 8")
    >>> load(file, Label).length
    8
    """
    loading = loading or Loading()
    data = read_tree(path, folder or path.parent, loading)
    loading.problems.refuse()
    try:
        made = model.model_validate(data, context=loading)
    except ValidationError as error:
        loading.refused(model, data, error)
    loading.problems.refuse()
    return made


def read_tree(path: Path, folder: Path, loading: Loading, above: tuple[Path, ...] = ()) -> Any:
    """Read a YAML file as texts, lists and mappings with places, with its includes put in.

    Problems go to ``loading``; what could not be read is an empty mapping.

    >>> read_tree(Path("no.yaml"), Path("."), loading := Loading())
    {}
    >>> loading.problems.items[0].kind.code
    'SPEC-001'
    """
    base = folder if path.is_relative_to(folder) else folder.resolve()  # includes come as whole paths
    name = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name
    nothing = SpecMap({}, Place(name, 1, 1), {})
    try:
        text = path.read_text(encoding="utf-8-sig")
        loading.texts[name] = text
        if _bracketed(text) > MAX_BRACKETS:  # the scanner would take the square of that time
            raise RecursionError
        root = YAML(pure=True).compose(text)
    except (OSError, UnicodeDecodeError) as error:
        reason, hint = _unread(error)
        loading.add(NO_FILE, f"cannot read {name}: {reason}", Place(name), hint)
        return nothing
    except (MarkedYAMLError, ReaderError, YAMLError, RecursionError) as error:
        hint = "Indent with blanks, not with tabs." if "'\\t'" in _problem(error) else ""
        loading.add(NOT_YAML, f"not valid YAML: {_problem(error)}", _mark(name, error, text), hint)
        return nothing
    return nothing if root is None else _Tree(name, folder, loading, (*above, path)).make(root, 0)


def _bracketed(text: str) -> int:
    """Count how deep brackets stand in each other, those in texts and comments included."""
    turns = (1 if bracket in "[{" else -1 for bracket in _BRACKETS.findall(text))
    return max(accumulate(turns), default=0)


def _unread(error: OSError | UnicodeDecodeError) -> tuple[str, str]:
    """Say why a file cannot be read, and what helps."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8", "Save the file as UTF-8."
    return (error.strerror or "it is not a file").lower(), ""


def _problem(error: Exception) -> str:
    if isinstance(error, ReaderError):
        return f"the character U+{int(error.character):04X} must not stand in it"
    problem = getattr(error, "problem", None) or "the structure is too deep"
    return f"{error.context}, {problem}" if problem.startswith("but ") else problem  # type: ignore[attr-defined]


def _mark(name: str, error: Exception, text: str) -> Place:
    mark = getattr(error, "problem_mark", None)
    if mark:
        return Place(name, mark.line + 1, mark.column + 1)
    before = text[: error.position] if isinstance(error, ReaderError) else ""
    return Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))


@dataclass(slots=True)
class _Tree:
    """Turns the nodes of one file into texts, lists and mappings with places."""

    name: str
    folder: Path
    loading: Loading
    above: tuple[Path, ...]
    seen: set[int] = field(default_factory=set)

    def make(self, node: Node, depth: int) -> Any:
        where = Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in self.seen or node.anchor or str(node.tag) not in PLAIN_TAGS:
            self.loading.add(NOT_PLAIN, "anchors, aliases and tags are not part of the language", where)
            return SpecText("", where)
        if depth > MAX_DEPTH:
            self.loading.add(NOT_YAML, "the structure is too deep", where)
            return SpecText("", where)
        self.seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._map(node, where, depth)
        if isinstance(node, SequenceNode):
            items = [self.make(item, depth + 1) for item in node.value]
            places = [Place(self.name, i.start_mark.line + 1, i.start_mark.column + 1) for i in node.value]
            return SpecList(items, where, places)
        # ruamel marks with BEL where a folded text was broken; YAML itself allows no such character
        return SpecText(node.value.replace("\a", ""), where)

    def _map(self, node: MappingNode, where: Place, depth: int) -> Any:
        items: dict[str, Any] = {}
        places: dict[str, Place] = {}
        for key, value in node.value:
            spot = Place(self.name, key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, ScalarNode):
                self.loading.add(NOT_YAML, "a key must be a text", spot)
                continue
            if key.value == MERGE:
                self.loading.add(NOT_PLAIN, "merge keys are not part of the language", spot)
                continue
            if key.value in items:
                first = places[key.value]
                self.loading.add(TWICE, f"key '{key.value}' stands twice, first in line {first.line}", spot)
            items[key.value], places[key.value] = self.make(value, depth + 1), spot
        return self._include(items[INCLUDE]) if set(items) == {INCLUDE} else SpecMap(items, where, places)

    def _include(self, path: Any) -> Any:
        if not isinstance(path, SpecText):
            self.loading.add(BAD_VALUE, f"'{INCLUDE}': should be the path of one file", path.place)
            return SpecMap({}, path.place, {})
        try:
            file = safe_path(self.folder, path)
        except Refusal as refusal:
            for problem in refusal.problems:
                self.loading.add(problem.kind, problem.what, path.place, problem.hint)
            return SpecMap({}, path.place, {})
        if file in self.above:
            self.loading.add(ENDLESS, f"{path} includes itself", path.place)
        elif not file.is_file():
            self.loading.add(NO_FILE, f"there is no file {path}", path.place)
        else:
            return read_tree(file, self.folder, self.loading, self.above)
        return SpecMap({}, path.place, {})
