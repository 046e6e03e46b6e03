"""Links to files: relative, harmless, and there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from define.check.view import View, walk
from define.href import SCRIPTS, scheme
from define.model import Element, ExternalCodeList, Leaf
from define.names import short
from trialkit.problems import Kind, Problem

SCRIPT = Kind("DEFC-050", "link that runs a script", "Give the path of a file, relative to define.xml.")
NOT_RELATIVE = Kind("DEFC-051", "path is not relative to define.xml", "Give a relative path with slashes.")
NOT_THERE = Kind(
    "DEFC-052", "linked file is not there", "Put it there, or correct xlink:href.", severity="query"
)
NO_TITLE = Kind("DEFC-053", "link has no title", "Give def:title: it is what a reader sees.")

WEB = {"http", "https"}


def links(view: View) -> Iterator[Problem]:
    r"""Find links that run scripts, are not relative, or have no title.

    >>> from define.check.samples import findings
    >>> findings(links, "item_groups.0.leaf", href="C:\\data\\dm.xpt")
    ['LF.DM: the path is not relative']
    """
    for part in walk(view.define):
        yield from _scripts(view, part)
        if isinstance(part, Leaf):
            web = scheme(part.href) in WEB | SCRIPTS
            if not web and (scheme(part.href) or part.href.startswith(("/", "\\")) or "\\" in part.href):
                yield view.problem(NOT_RELATIVE, part, f"{part.id}: the path is not relative")
            if not (part.title or "").strip():
                yield view.problem(NO_TITLE, part, f"{part.id} has no title")


def _scripts(view: View, part: Element) -> Iterator[Problem]:
    known = [part.href] if isinstance(part, (Leaf, ExternalCodeList)) else []
    others = [text for name, text in part.other if name.rpartition("}")[2] == "href"]
    if any(scheme(href) in SCRIPTS for href in (*known, *others)):
        yield view.problem(SCRIPT, part, f"{short(part.TAG)}: the link runs a script")


def missing_files(view: View, folder: Path) -> Iterator[Problem]:
    """Find linked documents that are not in the folder of define.xml, or where the link says.

    >>> from define.samples import sample_define
    >>> list(missing_files(View(sample_define(), "define.xml"), Path()))
    []
    """
    for leaf in view.metadata.leaves:
        path = PurePosixPath(unquote(leaf.href.partition("#")[0]))
        if scheme(leaf.href) or "\x00" in str(path) or path.is_absolute():
            continue
        if not (folder / path).is_file():
            yield view.problem(NOT_THERE, leaf, f"{leaf.id}: there is no {path.name}")
