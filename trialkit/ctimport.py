"""Import official controlled terminology: NCI EVS text and ODM-XML, and the CDISC Library's CSV.

The form is told by content, never by file name. Definitions are dropped: a package file
holds facts only.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from trialkit.packages import CodelistHead, Package, Term, package_lines, write_package
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean

UNKNOWN_FORM = Kind(
    "CT-001",
    "not a known form of controlled terminology",
    "Give the NCI EVS text file, its ODM-XML file, or the CDISC Library CSV export.",
    exit=Exit.SPEC,
)
NO_COLUMN = Kind("CT-002", "a column is missing", "Export the file again with all columns.", exit=Exit.SPEC)
BAD_ROW = Kind(
    "CT-003",
    "a row of terminology is damaged",
    "Get the official file again and do not edit it.",
    exit=Exit.SPEC,
)
NO_VERSION = Kind(
    "CT-004",
    "the file does not state its standard and date",
    "Give --standard and --version, such as SDTM and 2025-03-28.",
    exit=Exit.SPEC,
)
BAD_XML = Kind(
    "CT-005", "the XML is refused", "Get the official ODM-XML file again and do not edit it.", exit=Exit.SPEC
)
UNREADABLE = Kind("CT-006", "the file cannot be read", "Check the path and the rights.", exit=Exit.SPEC)

CODE, LIST_CODE, EXTENSIBLE, NAME = "Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name"
VALUE, SYNONYMS, PREFERRED = "CDISC Submission Value", "CDISC Synonym(s)", "NCI Preferred Term"
COLUMNS = (CODE, LIST_CODE, EXTENSIBLE, NAME, VALUE, SYNONYMS, PREFERRED)
STANDARD_AND_DATE = "Standard and Date"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
NCI = "{http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC}"
C_CODE = re.compile(r"C\d+")
STATED = re.compile(r"([A-Za-z][A-Za-z-]*)(?: CT)?[ .](\d{4}-\d{2}-\d{2})")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(slots=True)
class _Draft:
    """Codelists as they are read, with where each came from."""

    file: str
    found: Problems = field(default_factory=Problems)
    heads: dict[str, CodelistHead] = field(default_factory=dict)
    terms: dict[str, dict[str, Term]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    stated: tuple[str, str] = ("", "")

    def damaged(self, line: int, what: str) -> None:
        self.found.add(Problem(BAD_ROW, what, Place(self.file, line)))

    def add_head(self, line: int, head: CodelistHead) -> None:
        if not C_CODE.fullmatch(head.code) or not head.name:
            self.damaged(line, "the codelist has no C-code or no submission value")
        elif head.code in self.heads or head.name in self.names:
            self.damaged(line, f"codelist {head.code} {head.name} is there twice")
        else:
            self.heads[head.code] = head
            self.names.add(head.name)
            self.terms[head.code] = {}

    def add_term(self, line: int, codelist: str, term: Term) -> None:
        if codelist not in self.heads:
            self.damaged(line, f"term {term.code} belongs to codelist {codelist}, which is not in the file")
        elif not C_CODE.fullmatch(term.code) or not term.value:
            self.damaged(line, f"a term of codelist {codelist} has no C-code or no submission value")
        elif term.value in self.terms[codelist]:
            self.damaged(line, f"'{term.value}' is there twice in codelist {codelist}")
        else:
            self.terms[codelist][term.value] = term


def import_package(source: Path, target: Path, standard: str = "", version: str = "") -> Package:
    """Read an official terminology file and write it as a package file.

    Args:
        source: NCI EVS text (tab separated), NCI EVS ODM-XML, or CDISC Library CSV.
        target: the package file to write; it appears complete or not at all.
        standard: such as ``SDTM``, for a file that does not state it.
        version: date of the package, for a file that does not state it.

    Raises:
        Refusal: problems ``CT-001`` to ``CT-006``, all at once.

    >>> import_package(Path("no.txt"), Path("x"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error CT-006 no.txt the file cannot be read. Check the path and the rights.
    """
    try:
        data = source.read_bytes()
    except OSError:
        raise Refusal([Problem(UNREADABLE, "the file cannot be read", Place(source.name))]) from None
    package = parse_package(data, source.name, standard, version)
    partial = target.with_name(target.name + ".part")
    try:
        partial.write_bytes(write_package(package))
        os.replace(partial, target)
    except OSError:
        raise Refusal([Problem(UNREADABLE, "the file cannot be written", Place(target.name))]) from None
    return package


def parse_package(data: bytes, file: str, standard: str = "", version: str = "") -> Package:
    r"""Parse the bytes of an official terminology file.

    Args:
        data: the bytes; text has to be UTF-8.
        file: its name, for messages.
        standard: overrides what the file states.
        version: overrides what the file states.

    Raises:
        Refusal: problems ``CT-001`` to ``CT-005``, all at once.

    >>> rows = ["\t".join(COLUMNS), "C66731\t\tNo\tSex\tSEX\tSex\t", "C20197\tC66731\t\tSex\tM\tMale\tMale"]
    >>> package = parse_package("\n".join(rows).encode(), "SDTM Terminology.txt", "SDTM", "2025-03-28")
    >>> package.terms("SEX")
    (Term(value='M', code='C20197', preferred='Male', synonyms=('Male',)),)
    """
    draft = _Draft(file)
    _parser(data, draft)(data, draft)
    stated = standard or draft.stated[0], version or draft.stated[1]
    if not stated[0] or not DATE.fullmatch(stated[1]):
        draft.found.add(Problem(NO_VERSION, "the file does not state its standard and date", Place(file)))
    if not draft.found.items and not draft.heads:
        draft.found.add(Problem(UNKNOWN_FORM, "the file has no codelist", Place(file)))
    draft.found.refuse()
    heads = sorted(draft.heads.values(), key=lambda head: head.name)
    lines = package_lines((head, draft.terms[head.code].values()) for head in heads)
    return Package(*stated, tuple(lines))


def _parser(data: bytes, draft: _Draft) -> Callable[[bytes, _Draft], None]:
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return _read_odm
    header = start.partition(b"\n")[0]
    if VALUE.encode() in header or LIST_CODE.encode() in header:
        return _read_tabs if b"\t" in header else _read_csv
    problem = Problem(UNKNOWN_FORM, "the file is not in a known form of terminology", Place(draft.file))
    raise Refusal([problem])


def _text(data: bytes, draft: _Draft) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Refusal([Problem(UNKNOWN_FORM, "the text is not UTF-8", Place(draft.file, line))]) from None


def _read_tabs(data: bytes, draft: _Draft) -> None:
    # Quotes are ordinary characters in the EVS text, but a spreadsheet wraps fields in them.
    lines = _text(data, draft).split("\n")
    rows = [[_bare(cell) for cell in line.rstrip("\r").split("\t")] for line in lines]
    _read_rows(list(enumerate(rows, 1)), draft)


def _bare(cell: str) -> str:
    wrapped = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"') if wrapped else cell


def _read_csv(data: bytes, draft: _Draft) -> None:
    reader = csv.reader(io.StringIO(_text(data, draft), newline=""), strict=True)
    try:
        _read_rows([(reader.line_num, row) for row in reader], draft)
    except csv.Error:
        draft.damaged(reader.line_num, "the quotes of the row do not match")


def _read_rows(rows: list[tuple[int, list[str]]], draft: _Draft) -> None:
    header = [cell.strip() for cell in rows[0][1]]
    if missing := [name for name in COLUMNS if name not in header]:
        for name in missing:
            hint = did_you_mean(name, header)
            draft.found.add(
                Problem(NO_COLUMN, f"column '{name}' is missing", Place(draft.file, 1), hint=hint)
            )
        return
    records = []
    for line, cells in rows[1:]:
        if len(cells) == len(header):
            records.append((line, dict(zip(header, map(_one_line, cells), strict=True))))
        elif any(cells):
            draft.damaged(line, f"the row has {len(cells)} fields and the header {len(header)}")
    _read_records(records, draft)


def _one_line(cell: str) -> str:
    return re.sub(r"[\t\r\n]+", " ", cell).strip()


def _read_records(records: Sequence[tuple[int, dict[str, str]]], draft: _Draft) -> None:
    for line, row in records:
        if not row[LIST_CODE]:
            if row[EXTENSIBLE] not in ("Yes", "No"):
                draft.damaged(line, f"codelist {row[CODE]} is neither extensible 'Yes' nor 'No'")
            draft.add_head(line, CodelistHead(row[CODE], row[VALUE], row[NAME], row[EXTENSIBLE] == "Yes"))
    for line, row in records:
        if row[LIST_CODE]:
            synonyms = _synonyms(row[SYNONYMS].split(";"))
            draft.add_term(line, row[LIST_CODE], Term(row[VALUE], row[CODE], row[PREFERRED], synonyms))
    draft.stated = _stated(row.get(STANDARD_AND_DATE, "") for _, row in records[:1])


def _synonyms(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _stated(texts: Iterable[str]) -> tuple[str, str]:
    for text in texts:
        if match := STATED.search(text):
            return match[1], match[2]
    return "", ""


def _read_odm(data: bytes, draft: _Draft) -> None:
    root = _xml(data, draft)
    if root is None:
        return
    if root.tag != f"{ODM}ODM" or NCI not in {f"{{{uri}}}" for uri in root.nsmap.values()}:
        draft.found.add(
            Problem(UNKNOWN_FORM, "the XML is not ODM with NCI EVS attributes", Place(draft.file))
        )
        return
    oids = [element.get("OID", "") for element in root.iter(f"{ODM}Study", f"{ODM}MetaDataVersion")]
    draft.stated = _stated([root.get("FileOID", ""), *oids])
    for element in root.iter(f"{ODM}CodeList"):
        _read_codelist(element, draft)


def _xml(data: bytes, draft: _Draft) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        place = Place(draft.file, error.lineno or 0)
        draft.found.add(Problem(BAD_XML, "the XML is not well formed", place))
        return None
    if root.getroottree().docinfo.internalDTD is not None:
        draft.found.add(Problem(BAD_XML, "the XML declares a document type", Place(draft.file)))
        return None
    return root


def _read_codelist(element: etree._Element, draft: _Draft) -> None:
    line, code = _line(element), element.get(f"{NCI}ExtCodeID", "")
    extensible = element.get(f"{NCI}CodeListExtensible", "")
    if extensible not in ("Yes", "No"):
        draft.damaged(line, f"codelist {code} is neither extensible 'Yes' nor 'No'")
    name = _child(element, "CDISCSubmissionValue")
    draft.add_head(line, CodelistHead(code, name, _one_line(element.get("Name", "")), extensible == "Yes"))
    if code not in draft.heads:
        return
    for item in element.iterchildren(f"{ODM}EnumeratedItem"):
        synonyms = _synonyms(_one_line(child.text or "") for child in item.iterchildren(f"{NCI}CDISCSynonym"))
        value = _one_line(item.get("CodedValue", ""))
        term = Term(value, item.get(f"{NCI}ExtCodeID", ""), _child(item, "PreferredTerm"), synonyms)
        draft.add_term(_line(item), code, term)


def _child(element: etree._Element, name: str) -> str:
    return _one_line(element.findtext(f"{NCI}{name}") or "")


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0
