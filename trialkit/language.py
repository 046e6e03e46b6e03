"""The mapping language as text: what `trialkit rules` prints and what the language reference holds."""

from __future__ import annotations

import inspect
from textwrap import dedent
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from trialkit.problems import Exit, Kind, Problem, Refusal, did_you_mean
from trialkit.rule import RecordRule, Rule, VariableRule
from trialkit.scan import find_rules

NO_RULE = Kind("CLI-001", "unknown rule", "`trialkit rules` lists them.", exit=Exit.SPEC)
PACKAGES = ("trialkit.rules", "sdtm.rules")
KINDS = (("Record rules", RecordRule), ("Variable rules", VariableRule))


def describe(name: str = "") -> str:
    """List all rules with their sentences and an example, or explain one.

    Raises:
        Refusal: for a name that is no rule.

    >>> describe("copy").splitlines()[0]
    'copy'
    """
    rules = find_rules(PACKAGES)
    if not name:
        return "\n\n".join(_listed(title, base, rules) for title, base in KINDS)
    if name not in rules:
        hint = did_you_mean(name, rules)
        raise Refusal([Problem(NO_RULE, f"there is no rule '{name}'", hint=hint)])
    rule = rules[name]
    keys = "\n".join(f"  {key:14} {text}" for key, text in fields_of(rule))
    return f"{name}\n\n{inspect.getdoc(rule)}\n\nKeys:\n{keys}\n\nExample:\n{_indented(rule.example)}"


def _listed(title: str, base: type[Rule], rules: dict[str, type[Rule]]) -> str:
    parts = [
        f"{key}: {rule.summary()}\n{_indented(rule.example)}"
        for key, rule in sorted(rules.items())
        if issubclass(rule, base)
    ]
    return f"{title}\n{'=' * len(title)}\n\n" + "\n\n".join(parts)


def _indented(example: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in dedent(example).strip("\n").splitlines())


def fields_of(rule: type[Rule]) -> list[tuple[str, str]]:
    """Give the YAML keys of a rule with what each means.

    >>> from trialkit.rules.values import Copy
    >>> fields_of(Copy)[0][0]
    'copy'
    """
    return [(info.alias or name, _meaning(info)) for name, info in rule.model_fields.items()]


def _meaning(info: FieldInfo) -> str:
    words = get_args(info.annotation) if _is_choice(info.annotation) else ()
    choice = f" ({', '.join(str(word) or 'empty' for word in words)})" if words else ""
    need = " Required." if info.is_required() else _default(info.default)
    return f"{(info.description or '').rstrip('.')}{choice}.{need}"


def _is_choice(annotation: Any) -> bool:
    return getattr(get_origin(annotation), "__name__", str(get_origin(annotation))).endswith("Literal")


def _default(value: Any) -> str:
    return "" if value in ("", None, (), [], {}, False) or isinstance(value, Rule) else f" Default {value}."


def reference() -> str:
    """Write the language reference as Markdown.

    >>> reference().startswith("# The mapping language")
    True
    """
    rules = find_rules(PACKAGES)
    intro = (
        "# The mapping language\n\n"
        "Generated from the rule classes by `make docs`. A dataset's spec has `records`, a list of record "
        "rules that make its records step by step, and `variables`, one rule for each variable. Where a "
        "value is asked for, write the name of a column, a text in single quotes inside the quotes of YAML "
        "(`\"'text'\"`), or another rule.\n"
    )
    parts = [intro]
    for title, base in KINDS:
        mine = {key: rule for key, rule in sorted(rules.items()) if issubclass(rule, base)}
        parts.append(f"## {title}\n\n" + " · ".join(f"[{key}](#{key})" for key in mine) + "\n")
        parts += [_section(key, rule) for key, rule in mine.items()]
    return "\n".join(parts)


def _section(key: str, rule: type[Rule]) -> str:
    rows = "\n".join(f"| `{name}` | {_cell(text)} |" for name, text in fields_of(rule))
    example = dedent(rule.example).strip("\n")
    return (
        f"### {key}\n\n{inspect.getdoc(rule)}\n\n| key | meaning |\n|---|---|\n{rows}\n\n"
        f"```yaml\n{example}\n```\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
