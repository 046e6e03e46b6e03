"""Controlled terminology package files: compact, facts only, read by codelist.

A package file is gzipped UTF-8 text. Its first line is ``standard TAB version``. A line
that starts with a C-code opens a codelist: code, submission value, name, ``Yes`` or ``No``
for extensible. A line that starts with a tab is a term of it: code, submission value,
NCI preferred term, synonyms with ``; `` between them.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

from trialkit.problems import Exit, Kind, Place, Problem, Refusal

NO_PACKAGE = Kind(
    "TERM-001",
    "terminology package is missing",
    "Import the official file with `trialkit ct import`.",
    exit=Exit.SPEC,
)
BAD_PACKAGE = Kind(
    "TERM-002",
    "not a terminology package file",
    "Make the file with `trialkit ct import`.",
    exit=Exit.SPEC,
)
SUFFIX = ".tsv.gz"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a codelist.

    ``code`` is the NCI C-code, empty for a sponsor's own term. ``preferred`` is the NCI
    preferred term, or the decode that the sponsor gives.

    >>> Term("M", "C20197", "Male").preferred
    'Male'
    """

    value: str
    code: str = ""
    preferred: str = ""
    synonyms: tuple[str, ...] = ()

    @property
    def sponsor(self) -> bool:
        """Say whether the sponsor added the term (``def:ExtendedValue`` in Define-XML 2.1).

        >>> Term("HOME NURSE").sponsor
        True
        """
        return not self.code

    def line(self) -> str:
        r"""Write the term as a line of a package file.

        >>> Term("M", "C20197", "Male", ("male",)).line()
        '\tC20197\tM\tMale\tmale'
        """
        return "\t".join(("", self.code, self.value, self.preferred, "; ".join(self.synonyms)))


@dataclass(frozen=True, slots=True)
class CodelistHead:
    r"""What a package says of a codelist, apart from its terms.

    ``name`` is the submission value of the codelist (``SEX``), ``label`` its full name.

    >>> CodelistHead("C66731", "SEX", "Sex", False).line()
    'C66731\tSEX\tSex\tNo'
    """

    code: str
    name: str
    label: str
    extensible: bool

    def line(self) -> str:
        """Write the codelist as a line of a package file.

        >>> CodelistHead("C71620", "UNIT", "Unit", True).line().split()
        ['C71620', 'UNIT', 'Unit', 'Yes']
        """
        return "\t".join((self.code, self.name, self.label, "Yes" if self.extensible else "No"))


@dataclass(frozen=True, eq=False)
class Package:
    r"""One terminology package: the lines of its file, cut into codelists only when asked.

    >>> lines = ("C66731\tSEX\tSex\tNo", "\tC20197\tM\tMale\t")
    >>> package = Package("SDTM", "2025-03-28", lines)
    >>> package.find("C66731").label, [term.value for term in package.terms("SEX")]
    ('Sex', ['M'])
    """

    standard: str
    version: str
    lines: tuple[str, ...]

    @cached_property
    def _spans(self) -> dict[str, tuple[CodelistHead, int, int]]:
        starts = [place for place, line in enumerate(self.lines) if line[0] != "\t"]
        spans = {}
        for start, stop in zip(starts, [*starts[1:], len(self.lines)], strict=True):
            code, name, label, extensible = self.lines[start].split("\t")
            spans[name] = (CodelistHead(code, name, label, extensible == "Yes"), start + 1, stop)
        return spans

    @cached_property
    def _names(self) -> dict[str, str]:
        return {head.code: name for name, (head, _, _) in self._spans.items()}

    @property
    def names(self) -> list[str]:
        r"""List the codelists, by submission value.

        >>> Package("SDTM", "1", ("C66731\tSEX\tSex\tNo",)).names
        ['SEX']
        """
        return list(self._spans)

    def find(self, name: str) -> CodelistHead | None:
        r"""Find a codelist by submission value or C-code.

        >>> Package("SDTM", "1", ("C66731\tSEX\tSex\tNo",)).find("SEXX") is None
        True
        """
        span = self._spans.get(self._names.get(name, name))
        return span[0] if span else None

    def terms(self, name: str) -> tuple[Term, ...]:
        r"""Give the terms of a codelist, in the order of the official file.

        >>> lines = ("C66731\tSEX\tSex\tNo", "\tC16576\tF\tFemale\tf; fem")
        >>> Package("SDTM", "1", lines).terms("SEX")[0].synonyms
        ('f', 'fem')
        """
        _, start, stop = self._spans[self._names.get(name, name)]
        return tuple(_term(line) for line in self.lines[start:stop])


def _term(line: str) -> Term:
    _, code, value, preferred, synonyms = line.split("\t")
    return Term(value, code, preferred, tuple(synonyms.split("; ")) if synonyms else ())


def write_package(package: Package) -> bytes:
    r"""Write a package as the bytes of a package file: the same bytes for the same facts.

    >>> read_package(write_package(Package("ADaM", "2", ("C1\tA\ta\tNo",))), "adam-2.tsv.gz").version
    '2'
    """
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, out, mtime=0) as stream:
        for line in (f"{package.standard}\t{package.version}", *package.lines):
            stream.write(line.encode() + b"\n")
    return out.getvalue()


def read_package(data: bytes, file: str) -> Package:
    r"""Read the bytes of a package file.

    Args:
        data: the bytes.
        file: its name, for messages.

    Raises:
        Refusal: ``TERM-002`` when it is not a package file.

    >>> read_package(write_package(Package("SDTM", "1", ("C66731\tSEX\tSex\tNo",))), "x").names
    ['SEX']
    """
    try:
        lines = gzip.decompress(data).decode().split("\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise _refused(file, 0, "the file is not gzipped UTF-8 text") from None
    for number, line in enumerate(lines[:-1], 1):
        if line.count("\t") != _tabs(number, line):
            raise _refused(file, number, "the line is not one of a terminology package")
    if len(lines) < 3 or lines[-1] or lines[1].startswith("\t"):
        raise _refused(file, 0, "the file is cut off or has no codelist")
    standard, version = lines[0].split("\t")
    return Package(standard, version, tuple(lines[1:-1]))


def _tabs(number: int, line: str) -> int:
    if number == 1:
        return 1
    return 4 if line.startswith("\t") else 3


def _refused(file: str, line: int, what: str) -> Refusal:
    return Refusal([Problem(BAD_PACKAGE, what, Place(file, line))])


def package_lines(codelists: Iterable[tuple[CodelistHead, Iterable[Term]]]) -> Iterator[str]:
    r"""Give the lines of a package from codelists and their terms.

    >>> list(package_lines([(CodelistHead("C1", "A", "a", True), [Term("X", "C2")])]))
    ['C1\tA\ta\tYes', '\tC2\tX\t\t']
    """
    for head, terms in codelists:
        yield head.line()
        yield from (term.line() for term in terms)


def packaged() -> list[str]:
    """Name the packages that come with the toolkit.

    >>> packaged()
    ['adam-2025-03-28', 'adam-2026-03-27', 'sdtm-2025-03-28']
    """
    return _stems(_home())


def open_package(standard: str, version: str, folder: Traversable | None = None) -> Package:
    """Open a package by standard and version, from a folder or from those that come along.

    Raises:
        Refusal: ``TERM-001`` when there is none; ``TERM-002`` when it is damaged.

    >>> open_package("SDTM", "2025-03-28").find("C66731").name
    'SEX'
    >>> open_package("SDTM", "2025-03-29")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error TERM-001 there is no terminology package 'SDTM 2025-03-29'. \
There are: adam-2025-03-28, ...
    """
    stem = f"{standard.lower()}-{version}"
    home = folder if folder is not None else _home()
    known = _stems(home)
    if stem not in known:
        what = f"there is no terminology package '{standard} {version}'"
        raise Refusal([Problem(NO_PACKAGE, what, hint=f"There are: {', '.join(known)}.")])
    return _packaged(stem) if folder is None else _read(home, stem)


@cache
def _packaged(stem: str) -> Package:
    return _read(_home(), stem)


def _read(home: Traversable, stem: str) -> Package:
    return read_package((home / f"{stem}{SUFFIX}").read_bytes(), f"{stem}{SUFFIX}")


def _home() -> Traversable:
    return files("trialkit") / "data" / "ct"


def _stems(folder: Traversable) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(file.name.removesuffix(SUFFIX) for file in folder.iterdir() if file.name.endswith(SUFFIX))
