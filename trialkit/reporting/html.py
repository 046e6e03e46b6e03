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
def environment(*folders: Path) -> Environment:
    """Give the templates of some folders, in which all text is escaped and nothing may be left out.

    >>> environment(TEMPLATES).autoescape
    True
    """
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["n"] = thousands
    return made


@functools.cache
def inlined(
    styles: tuple[Path, ...], script: tuple[Path, ...], early: str = "", images: str = ""
) -> dict[str, Any]:
    """Give the styles and scripts of a page, and the policy that allows them and nothing else.

    Args:
        styles: files with the page's style.
        script: files with its script.
        early: a script that runs before the page is shown.
        images: where pictures may come from.

    >>> inlined((), (), images="data:")["policy"][:64]
    "default-src 'none'; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQe"
    """
    style, code = ("".join(path.read_text(encoding="utf-8") for path in paths) for paths in (styles, script))
    runs = " ".join(map(_hash, [early, code] if early else [code]))
    pictures = f"img-src {images}; " if images else ""
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {runs}; {pictures}"
        "base-uri 'none'; form-action 'none'"
    )
    # files of this package, not text from outside
    return {
        "style": Markup(style),  # noqa: S704
        "script": Markup(code),  # noqa: S704
        "early": Markup(early),  # noqa: S704
        "policy": policy,
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


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
    inline = inlined((TEMPLATES / "page.css",), (TEMPLATES / "page.js",), images="data:")
    return environment(folder, TEMPLATES).get_template(template).render(**inline, **values)
