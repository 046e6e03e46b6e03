"""The expression language read into a tree; nothing of it is ever handed to Python to run."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from trialkit.exprfunctions import FUNCTIONS, pattern_fault
from trialkit.exprtree import (
    BAD_PATTERN,
    DEEPEST,
    LONGEST,
    MISFIT,
    SYNTAX,
    TOO_BIG,
    UNSUPPORTED,
    Arithmetic,
    Call,
    Comparison,
    Literal,
    Logic,
    Membership,
    Missing,
    Name,
    Negative,
    Node,
    Not,
    is_condition,
    refuse,
)
from trialkit.problems import Place, did_you_mean

_LEXER = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<column>`[^`\n]+`)|(?P<name>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],])|(?P<space>[ \t\r\n]+)|(?P<bad>.)",
    re.DOTALL,
)
_COMPARE = ("==", "!=", "<=", ">=", "<", ">")
_WORDS = ("or", "and")
_SIGNS = (("+", "-"), ("*", "/", "//", "%"))
_CLOSING = {"(": ")", "[": "]"}
_OWN = ("and", "or", "not", "in", "is")
_IN_BACKTICKS = "Use a rule for it; write a column of that name in backticks."
_HINTS = {
    "[": "Name one column; write other names in backticks, such as `Lab Result`.",
    ".": "A dot stands within the name of a column, such as IT.AESEV.",
    "=": "Write == to compare.",
    "&": "Write and.",
    "|": "Write or.",
    "!": "Write not, or != to compare.",
    "'": "Close the quote; a quote within a text is written twice.",
    '"': "Close the quote; a quote within a text is written twice.",
    "`": "Close the backtick.",
    "**": "There is no power.",
    "True": "Compare with a value, such as X == 'Y'.",
    "False": "Compare with a value, such as X == 'Y'.",
    "None": "Write X is None or X is not None.",
    **dict.fromkeys("‘’“”＇＂", "Write straight quotes."),
}


class Token(NamedTuple):
    """One word or sign of an expression with its place; ``end`` is one past its last character.

    >>> Token("name", "AGE", 0, 3).end
    3
    """

    kind: str
    text: str
    at: int
    end: int


def parse(text: str, where: Place | None = None) -> Node:
    """Read an expression into a tree.

    Raises:
        Refusal: EXPR-001 to EXPR-003 and EXPR-005, or EXPR-004 where a condition stands for a value.

    >>> parse("IT.AESEV is None").item.name
    'IT.AESEV'
    """
    if len(text) > LONGEST:
        refuse(TOO_BIG, text, LONGEST, f"the expression is longer than {LONGEST} characters", where=where)
    parser = _Parser(text, where, list(_tokens(text)))
    tree = parser.logic(0)
    if parser.token.kind != "end":
        parser.unexpected()
    return tree


def _tokens(text: str) -> Iterator[Token]:
    """Split an expression into words and signs."""
    for match in _LEXER.finditer(text):
        if match.lastgroup != "space":
            kind = str(match.lastgroup)
            reserved = kind == "name" and keyword.iskeyword(match[0])
            yield Token("word" if reserved else kind, match[0], match.start(), match.end())
    yield Token("end", "", len(text), len(text))


@dataclass(slots=True)
class _Parser:
    """Reads tokens by recursive descent, one method per level of precedence."""

    text: str
    where: Place | None
    tokens: Sequence[Token]
    place: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        """Give the token that is next."""
        return self.tokens[self.place]

    def accept(self, *texts: str) -> Token | None:
        """Take the next token if it is one of these words or signs."""
        token = self.token
        if token.kind not in ("word", "sign") or token.text not in texts:
            return None
        self.place += 1
        return token

    def expect(self, text: str) -> Token:
        """Take the next token, which must be this sign."""
        return self.accept(text) or self.unexpected(f"; '{text}' is expected")

    def unexpected(self, wanted: str = "") -> NoReturn:
        """Refuse the next token."""
        token = self.token
        if token.kind == "end":
            refuse(SYNTAX, self.text, token.at, f"the expression ends too soon{wanted}", where=self.where)
        foreign = token.text == "**" or (token.kind == "word" and token.text not in _OWN)
        hint = _HINTS.get(token.text) or (_IN_BACKTICKS if foreign else "")
        if self.text[max(0, token.at - 1) : token.end] == "<>":
            hint = "Write != to compare."
        kind = UNSUPPORTED if foreign else SYNTAX
        refuse(kind, self.text, token.at, f"unexpected {token.text[:20]!r}{wanted}", hint, self.where)

    def enter(self) -> None:
        """Go one level deeper, down to the limit."""
        self.depth += 1
        if self.depth > DEEPEST:
            what = f"the expression is nested deeper than {DEEPEST}"
            refuse(TOO_BIG, self.text, self.token.at, what, where=self.where)

    def condition(self, node: Node) -> Node:
        """Insist on a condition."""
        if not is_condition(node):
            hint = "Compare it, such as X != '' or X is not None."
            refuse(MISFIT, self.text, node.at, f"{self.source(node)} is not a condition", hint, self.where)
        return node

    def value(self, node: Node) -> Node:
        """Insist on a value."""
        if is_condition(node):
            what = f"{self.source(node)} is a condition where a value is needed"
            refuse(MISFIT, self.text, node.at, what, "Join conditions by and, or, not.", self.where)
        return node

    def source(self, node: Node) -> str:
        """Give the text of a part."""
        return repr(self.text[node.at : min(node.end, node.at + 40)])

    def logic(self, level: int) -> Node:
        """Read conditions joined by ``or`` (level 0) or ``and`` (level 1)."""
        first = self.negation() if level else self.logic(1)
        parts = [first]
        while self.accept(_WORDS[level]):
            parts.append(self.condition(self.negation() if level else self.logic(1)))
        if len(parts) == 1:
            return first
        self.condition(first)
        return Logic(first.at, parts[-1].end, _WORDS[level], tuple(parts))

    def negation(self) -> Node:
        """Read ``not``, or a comparison."""
        if (word := self.accept("not")) is None:
            return self.comparison()
        self.enter()
        part = self.condition(self.negation())
        self.depth -= 1
        return Not(word.at, part.end, part)

    def comparison(self) -> Node:
        """Read a value and what it is compared with, if with anything."""
        first = self.arithmetic(0)
        if self.accept("is"):
            return self.missing(self.value(first))
        if self.token.text in ("in", "not") and self.token.kind == "word":
            return self.membership(self.value(first))
        rest = []
        while sign := self.accept(*_COMPARE):
            rest.append((sign.text, self.value(self.arithmetic(0))))
        return Comparison(first.at, rest[-1][1].end, self.value(first), tuple(rest)) if rest else first

    def missing(self, item: Node) -> Node:
        """Read ``None`` or ``not None`` after ``is``."""
        negated = bool(self.accept("not"))
        end = self.expect("None").end
        return Missing(item.at, end, item, negated)

    def membership(self, item: Node) -> Node:
        """Read ``in`` or ``not in`` and the list of values."""
        negated = bool(self.accept("not"))
        self.expect("in")
        opening = self.accept("(", "[") or self.unexpected("; a list such as ('A', 'B') is expected")
        values = [self.listed()]
        while self.accept(",") and self.token.text not in (")", "]"):
            values.append(self.listed())
        end = self.expect(_CLOSING[opening.text]).end
        if len({isinstance(value, str) for value in values}) > 1:
            what = "a list has both texts and numbers"
            refuse(MISFIT, self.text, opening.at, what, "Quote all of them or none.", self.where)
        return Membership(item.at, end, item, frozenset(values), negated)

    def listed(self) -> str | float:
        """Read one value of a list."""
        sign = -1 if self.accept("-") else 1
        token = self.token
        if token.kind != "number" and (token.kind != "text" or sign < 0):
            self.unexpected("; a text in quotes or a number is expected")
        value = self.literal().value
        return value if isinstance(value, str) else sign * value

    def arithmetic(self, level: int) -> Node:
        """Read values joined by + and - (level 0) or by * / // and % (level 1)."""
        first = self.unary() if level else self.arithmetic(1)
        rest = []
        while sign := self.accept(*_SIGNS[level]):
            rest.append((sign.text, self.value(self.unary() if level else self.arithmetic(1))))
        return Arithmetic(first.at, rest[-1][1].end, self.value(first), tuple(rest)) if rest else first

    def unary(self) -> Node:
        """Read a value with or without minus signs."""
        if (sign := self.accept("-")) is None:
            return self.atom()
        self.enter()
        part = self.value(self.unary())
        self.depth -= 1
        return Negative(sign.at, part.end, part)

    def atom(self) -> Node:
        """Read a name, a literal, a call, or an expression in parentheses."""
        token = self.token
        if token.kind in ("number", "text"):
            return self.literal()
        if token.kind in ("name", "column"):
            self.place += 1
            if self.token.text == "(":
                return self.call(token)
            return Name(token.at, token.end, token.text.strip("`"))
        if not self.accept("("):
            self.unexpected()
        self.enter()
        inner = self.logic(0)
        self.depth -= 1
        self.expect(")")
        return inner

    def literal(self) -> Literal:
        """Read a text or a number."""
        token = self.token
        self.place += 1
        if token.kind == "text":
            quote = token.text[0]
            return Literal(token.at, token.end, token.text[1:-1].replace(quote * 2, quote))
        if not math.isfinite(number := float(token.text)):
            refuse(SYNTAX, self.text, token.at, "the number is too large", where=self.where)
        return Literal(token.at, token.end, number)

    def call(self, name: Token) -> Node:
        """Read the arguments of a function."""
        function = FUNCTIONS.get(name.text)
        if function is None:
            what = f"there is no function {name.text[:40]!r}"
            refuse(UNSUPPORTED, self.text, name.at, what, did_you_mean(name.text, FUNCTIONS), self.where)
        self.enter()
        self.expect("(")
        item, argument = self.value(self.arithmetic(0)), ""
        if function.arguments == 2:
            self.expect(",")
            argument = self.quoted(name.text)
        end = self.expect(")").end
        self.depth -= 1
        return Call(name.at, end, name.text, item, argument)

    def quoted(self, function: str) -> str:
        """Read the quoted text of a function; that of ``matches`` must be a safe pattern."""
        token = self.token
        if token.kind != "text":
            self.unexpected("; a text in quotes is expected")
        argument = str(self.literal().value)
        if function == "matches" and (fault := pattern_fault(argument)):
            refuse(BAD_PATTERN, self.text, token.at, f"the pattern is refused ({fault})", where=self.where)
        return argument
