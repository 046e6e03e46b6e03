"""The parts of an expression, and how a problem with one of them is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from trialkit.exprfunctions import FUNCTIONS
from trialkit.problems import Exit, Kind, Place, Problem, Refusal, code_frame

LONGEST = 2000
DEEPEST = 50

SYNTAX = Kind("EXPR-001", "expression can't be read", "Correct the expression.", exit=Exit.SPEC)
UNSUPPORTED = Kind("EXPR-002", "not in the expression language", "Use a rule for it.", exit=Exit.SPEC)
TOO_BIG = Kind("EXPR-003", "expression is too long or too deep", "Split it.", exit=Exit.SPEC)
MISFIT = Kind("EXPR-004", "types in an expression don't fit", "Compare like with like.", exit=Exit.SPEC)
BAD_PATTERN = Kind("EXPR-005", "regular expression is refused", "Write a simpler one.", exit=Exit.SPEC)


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression, from character ``at`` to before ``end``.

    >>> Node(0, 3).end
    3
    """

    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Name(Node):
    """The value of a column.

    >>> Name(0, 3, "AGE").name
    'AGE'
    """

    name: str


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A text or number that is written out.

    >>> Literal(0, 2, 18.0).value
    18.0
    """

    value: str | float


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """The negative of a number.

    >>> Negative(0, 4, Name(1, 4, "AGE")).part.name
    'AGE'
    """

    part: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """Numbers joined from left to right by plus and minus, or by times, divide and remainder signs.

    >>> Arithmetic(0, 3, Literal(0, 1, 1.0), (("+", Literal(2, 3, 1.0)),)).rest[0][0]
    '+'
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """Values compared, each with the next.

    >>> Comparison(0, 3, Name(0, 1, "X"), ((">", Literal(2, 3, 1.0)),)).rest[0][0]
    '>'
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """A value looked for in a list of texts or of numbers.

    >>> Membership(0, 8, Name(0, 1, "X"), frozenset({"a"}), False).negated
    False
    """

    item: Node
    values: frozenset[str | float]
    negated: bool


@dataclass(frozen=True, slots=True)
class Missing(Node):
    """Whether a value is missing.

    >>> Missing(0, 9, Name(0, 1, "X"), False).negated
    False
    """

    item: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """Conditions joined by ``and`` or by ``or``.

    >>> Logic(0, 9, "and", ()).word
    'and'
    """

    word: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The opposite of a condition.

    >>> Not(0, 9, Missing(4, 9, Name(4, 5, "X"), False)).at
    0
    """

    part: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of a value and a quoted text.

    >>> Call(0, 8, "upper", Name(6, 7, "X"), "").function
    'upper'
    """

    function: str
    item: Node
    argument: str


def is_condition(node: Node) -> bool:
    """Say whether a part of an expression is true or false rather than a value.

    >>> is_condition(Name(0, 3, "AGE")), is_condition(Missing(0, 11, Name(0, 3, "AGE"), False))
    (False, True)
    """
    if isinstance(node, Call):
        return FUNCTIONS[node.function].gives == "condition"
    return isinstance(node, (Comparison, Membership, Missing, Logic, Not))


def refuse(kind: Kind, text: str, at: int, what: str, hint: str = "", where: Place | None = None) -> NoReturn:
    """Raise the problem with one spot of an expression, with a caret below it.

    >>> refuse(SYNTAX, "AGE = 18", 4, "unexpected '='")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error EXPR-001 unexpected '=' at character 5. Correct the expression.
    """
    shown = "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text).rstrip()
    spot = min(at, len(shown))
    line, column = shown.count("\n", 0, spot) + 1, spot - (shown.rfind("\n", 0, spot) + 1) + 1
    frame = code_frame(shown, line, column) if len(text) <= LONGEST else ""
    said = f"{what} at character {at + 1}"
    raise Refusal([Problem(kind, said, where or Place(), hint=hint, frame=frame)])
