"""Links: what may stand in an href, because browsers follow it."""

from __future__ import annotations

import re

from define.model.element import Element
from trialkit.problems import Kind, Place, Problem, Refusal

SCRIPT = Kind("DEF-021", "link that runs a script", "Give the path of a file, relative to define.xml.")

SCRIPTS = {"javascript", "vbscript", "data"}
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")


def scheme(href: str) -> str:
    r"""Give the scheme of a link in lower case; "" for a relative one. Browsers see no blanks in it.

    >>> scheme("dm.xpt"), scheme("Java\nScript:alert(1)"), scheme("https://example.org/a:b")
    ('', 'javascript', 'https')
    """
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", _IGNORED.sub("", href))
    return found[1].lower() if found else ""


def refuse_script(attribute: str, text: str, part: Element) -> None:
    """Refuse an href that runs a script.

    Raises:
        Refusal: DEF-021.

    >>> from define.model import Leaf
    >>> refuse_script("href", "javascript:alert(1)", Leaf(id="LF.1", href=""))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-021 link that runs a script: javascript. Give the path ...
    """
    if attribute.rpartition("}")[2] == "href" and scheme(text) in SCRIPTS:
        what = f"{SCRIPT.title}: {scheme(text)}"
        raise Refusal([Problem(SCRIPT, what, Place(line=part.spot.line, field=part.spot.xpath))])
