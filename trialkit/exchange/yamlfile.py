"""Changes to YAML files that leave every other line as it is: comments, order, quotes and blanks.

ruamel says where each key and value stands; only those characters are replaced, and the file is read again
to see that nothing else has become of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Step: TypeAlias = str | int
Value: TypeAlias = "str | dict[str, Any] | list[Any] | None"
COMMENT = re.compile(r"(?m)(?:^|\s)#")
BLOCK = ("|", ">")


class ByHand(Exception):  # noqa: N818 - it is what a person has to do
    """Raised where a change cannot be made without touching something else.

    >>> str(ByHand("a comment stands there"))
    'a comment stands there'
    """


def changed(text: str, path: Sequence[Step], key: str, value: Value, after: str = "") -> str:
    r"""Give a text of YAML with one key of one mapping set, added or, for None, taken away.

    Args:
        text: the file.
        path: the keys, and the numbers in lists, that lead to the mapping.
        key: of the mapping.
        value: a text, a mapping or a list, which are written on one line; None takes the key away.
        after: the key that a new one goes behind, in a mapping of several lines; default: the last.

    Raises:
        ByHand: the change would touch something else.

    >>> changed("# first\nAGE: {copy: AGE}  # years\n", ["AGE"], "label", "Age, years")
    '# first\nAGE: {copy: AGE, label: "Age, years"}  # years\n'
    >>> changed("AGE: AGE\nSEX:\n  copy: SEX\n", ["AGE"], "label", "Age")
    'AGE: {copy: AGE, label: Age}\nSEX:\n  copy: SEX\n'
    >>> changed("SEX:\n  copy: SEX\n", ["SEX"], "label", "Sex")
    'SEX:\n  copy: SEX\n  label: Sex\n'
    """
    made = _changed(text, path, key, value, after)
    return _proved(text, made, _applied(_data(_root(text)), path, key, value))


def _proved(text: str, made: str, wanted: Any) -> str:
    """Give the new text, where it says what is wanted and has the comments of the old one."""
    try:
        same = _data(_root(made)) == wanted and _comments(made) == _comments(text)
    except YAMLError:
        same = False
    if not same:
        raise ByHand("the line cannot be changed without changing more")
    return made


def appended(text: str, path: Sequence[Step], value: dict[str, Any]) -> str:
    r"""Give a text of YAML with one more item at the end of a list; the list is made where there is none.

    Raises:
        ByHand: the change would touch something else.

    >>> appended("A: {copy: B}\n", ["A", "levels"], {"when": "X == 1"})
    'A: {copy: B, levels: [{when: X == 1}]}\n'
    >>> appended("A:\n  levels:\n    - when: Y  # 1\n", ["A", "levels"], {"when": "X"})
    'A:\n  levels:\n    - when: Y  # 1\n    - {when: X}\n'
    """
    *above, key = path
    there = _find(_root(text), above)
    found = _entry(there, str(key)) if isinstance(there, MappingNode) else None
    if found is None:
        return changed(text, above, str(key), [value])
    node = found[1]
    if not isinstance(node, SequenceNode) or not node.value:
        raise ByHand("there is no list to add to")
    at, said = _end(text, node.value[-1]), flow(value, inside=True)
    wanted = _applied(_data(_root(text)), above, str(key), [*_data(node), value])
    if node.flow_style:
        return _proved(text, f"{text[:at]}, {said}{text[at:]}", wanted)
    line = _line_end(text, at)
    dash = text.rfind("-", 0, node.value[0].start_mark.index)
    indent = dash - (text.rfind("\n", 0, dash) + 1)
    return _proved(text, f"{text[:line]}\n{' ' * indent}- {said}{text[line:]}", wanted)


def flow(value: Any, *, inside: bool) -> str:
    """Write a value on one line.

    Args:
        value: a text, a mapping or a list of them.
        inside: whether it stands within braces or brackets.

    >>> flow({"type": "Collected", "pages": ["1", "a, b"]}, inside=False)
    '{type: Collected, pages: [1, "a, b"]}'
    """
    if isinstance(value, dict):
        parts = (f"{_scalar(str(key), True)}: {flow(one, inside=True)}" for key, one in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(flow(one, inside=True) for one in value)}]"
    return _scalar(str(value), inside)


def _scalar(text: str, inside: bool) -> str:
    """Write a text plainly where YAML reads it so, else in double quotes."""
    try:
        node = _root(f"{{k: {text}}}" if inside else f"k: {text}")
        plain = (
            isinstance(node, MappingNode)
            and len(node.value) == 1
            and isinstance(node.value[0][1], ScalarNode)
        )
        one = node.value[0][1] if plain and node else None
        ok = (
            one is not None
            and one.value == text
            and not one.style
            and not one.anchor
            and text == text.strip()
        )
    except YAMLError:
        ok = False
    fit = ok and text and "\n" not in text and str(text[0]).isalnum() and not COMMENT.search(text)
    return text if fit else json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=8)  # each change begins with the text that the one before has made
def _root(text: str) -> Node | None:
    return YAML(pure=True).compose(text)  # type: ignore[no-any-return]


def _data(node: Node | None) -> Any:
    if isinstance(node, MappingNode):
        return {key.value: _data(one) for key, one in node.value}
    if isinstance(node, SequenceNode):
        return [_data(one) for one in node.value]
    return node.value.replace("\a", "") if node is not None else {}


def _comments(text: str) -> list[str]:
    """Give the comments of a file that have a line of their own."""
    return [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]


def _applied(data: Any, path: Sequence[Step], key: str, value: Value) -> Any:
    """Do to the data what is to be done to the file."""
    if path:
        step, *rest = path
        inner = _applied(data[step], rest, key, value)
        return {**data, step: inner} if isinstance(data, dict) else [*data[:step], inner, *data[step + 1 :]]  # type: ignore[operator]
    base = data if isinstance(data, dict) else shorthand(data)
    kept = {name: one for name, one in base.items() if name != key or value is not None}
    return kept if value is None else {**kept, key: _texts(value)}


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _texts(one) for key, one in value.items()}
    return [_texts(one) for one in value] if isinstance(value, (list, tuple)) else str(value)


def shorthand(text: str) -> dict[str, str]:
    """Give the rule that stands for a text alone: a column, or a constant in quotes.

    >>> shorthand("AGE"), shorthand("'Y'"), shorthand("")
    ({'copy': 'AGE'}, {'constant': 'Y'}, {})
    """
    if len(text) > 1 and text[0] == text[-1] == "'":
        return {"constant": text[1:-1]}
    return {"copy": text} if text else {}


def _find(node: Node | None, path: Sequence[Step]) -> Node | None:
    for step in path:
        if isinstance(node, MappingNode):
            found = _entry(node, str(step))
            node = found[1] if found else None
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            node = None
    return node


def _entry(node: MappingNode, key: str) -> tuple[Node, Node] | None:
    return next(((name, one) for name, one in node.value if name.value == key), None)


def _end(text: str, node: Node) -> int:
    """Give the place behind the last character of a value."""
    if isinstance(node, MappingNode) and node.value and not node.flow_style:
        return _end(text, node.value[-1][1])
    if isinstance(node, SequenceNode) and node.value and not node.flow_style:
        return _end(text, node.value[-1])
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode) and node.style in BLOCK:
        lines = text[start:end].rstrip().splitlines(keepends=True)
        while len(lines) > 1 and lines[-1].lstrip().startswith("#"):
            lines.pop()
        return int(start + len("".join(lines).rstrip()))
    return int(end)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _changed(text: str, path: Sequence[Step], key: str, value: Value, after: str) -> str:
    node = _find(_root(text), path)
    if isinstance(node, ScalarNode) and node.style not in BLOCK:
        made = flow({**shorthand(node.value), key: value}, inside=True)
        return text[: node.start_mark.index] + made + text[_end(text, node) :]
    if not isinstance(node, MappingNode):
        raise ByHand("there is no mapping to change")
    found = _entry(node, key)
    if found and value is None:
        return _without(text, node, found)
    if found:
        return _replaced(text, node, found, value)
    return _added(text, node, key, value, after)


def _replaced(text: str, node: MappingNode, found: tuple[Node, Node], value: Value) -> str:
    name, old = found
    start, end = text.index(":", name.end_mark.index) + 1, _end(text, old)
    inline = isinstance(old, ScalarNode) and old.style not in BLOCK
    if not inline and COMMENT.search(text[start:end]):
        raise ByHand("a comment stands within the value")
    return f"{text[:start]} {flow(value, inside=bool(node.flow_style))}{text[end:]}"


def _without(text: str, node: MappingNode, found: tuple[Node, Node]) -> str:
    name, old = found
    start, end = name.start_mark.index, _end(text, old)
    if COMMENT.search(text[_end(text, old) : _line_end(text, end)]) or len(node.value) == 1:
        raise ByHand("something else stands on the line")
    if not node.flow_style:
        head = text.rfind("\n", 0, start) + 1
        if text[head:start].strip():
            raise ByHand("something else stands on the line")
        return text[:head] + text[min(_line_end(text, end) + 1, len(text)) :]
    rest = re.match(r"\s*,\s*", text[end:])
    if rest:
        return text[:start] + text[end + rest.end() :]
    return text[: len(text[:start].rstrip().rstrip(","))] + text[end:]


def _added(text: str, node: MappingNode, key: str, value: Value, after: str) -> str:
    said = f"{_scalar(key, True)}: {flow(value, inside=bool(node.flow_style))}"
    if not node.value:
        at = text.index("{", node.start_mark.index) + 1
        return text[:at] + f"{_scalar(key, True)}: {flow(value, inside=True)}" + text[at:]
    behind = _entry(node, after) if after and not node.flow_style else None
    at = _end(text, (behind or node.value[-1])[1])
    if node.flow_style:
        return f"{text[:at]}, {said}{text[at:]}"
    line = _line_end(text, at)
    return f"{text[:line]}\n{' ' * node.value[0][0].start_mark.column}{said}{text[line:]}"
