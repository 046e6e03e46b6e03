"""HTML pages of one file: styles and scripts inside, nothing from elsewhere, all text inert."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def thousands(number: float) -> str:
    """Write a count with its thousands apart.

    >>> thousands(12345)
    '12,345'
    """
    return f"{number:,}"


@functools.cache
def _environment(folder: Path) -> Environment:
    made = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["n"] = thousands
    return made


def _inline(name: str) -> tuple[Markup, str]:
    """Give a style or script of our own and its hash for the content security policy."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    code = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{code}'"  # noqa: S704 - a file of this package, not text from outside


def render(template: str, *, folder: Path = TEMPLATES, **values: Any) -> str:
    """Render a template as one self-contained page.

    The page's content security policy allows its own style and script by their hashes and nothing
    else, so that no text in it can run or load anything.

    Args:
        template: name of the template.
        folder: where it is; default: the engine's own templates.
        values: what it shows.

    Raises:
        jinja2.TemplateNotFound: there is no such template.

    >>> render("nowhere.html")
    Traceback (most recent call last):
    jinja2.exceptions.TemplateNotFound: 'nowhere.html' not found in search path...
    """
    (style, style_hash), (script, script_hash) = _inline("page.css"), _inline("page.js")
    policy = (
        f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    inline = {"style": style, "script": script, "policy": policy}
    return _environment(folder).get_template(template).render(**inline, **values)
