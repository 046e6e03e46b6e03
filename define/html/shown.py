"""What the page shows of the parts of a define.xml: the model with its references followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from define.html.preview import DatasetPreview, Values
from define.model import (
    AnalysisResult,
    CodeList,
    CommentDef,
    Description,
    FormalExpression,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Leaf,
    MethodDef,
    ResultDisplay,
    Standard,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere; with an empty ``href`` it is only text.

    >>> Link("acrf.pdf").href
    ''
    """

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document and the pages of it that are meant.

    >>> Document(Link("Annotated CRF", "acrf.pdf")).pages
    ()
    """

    link: Link
    pages: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a condition compares with, and what it stands for.

    >>> Value("ALT", "Alanine Aminotransferase").text
    'ALT'
    """

    text: str
    decode: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a condition.

    >>> Comparison(Link("LBTESTCD"), "in", (Value("ALT"), Value("AST")), True).words
    'LBTESTCD in (ALT, AST)'
    """

    variable: Link
    operator: str
    values: tuple[Value, ...]
    many: bool = False

    @property
    def words(self) -> str:
        """Write the comparison as a person does.

        >>> Comparison(Link("LBSPEC"), "=", (Value("CEREBROSPINAL FLUID"),)).words
        'LBSPEC = CEREBROSPINAL FLUID'
        """
        said = ", ".join(one.text for one in self.values)
        return f"{self.variable.text} {self.operator} {f'({said})' if self.many else said}"


@dataclass(frozen=True, slots=True)
class Said:
    """The text of a method or a comment, where it is, and the documents that it refers to.

    >>> Said(Link("AGE", "#method/MT.AGE"), None).documents
    ()
    """

    link: Link
    description: Description | None
    documents: tuple[Document, ...] = ()
    type: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: all its comparisons hold.

    >>> tests = [Comparison(Link(name), "=", (Value(value),)) for name, value in (("A", "1"), ("B", "2"))]
    >>> Condition("#where/WC.1", tuple(tests)).words
    'A = 1 and B = 2'
    """

    href: str
    tests: tuple[Comparison, ...]
    comment: Said | None = None

    @property
    def words(self) -> str:
        """Write the condition as a person does.

        >>> Condition("", ()).words
        'all records'
        """
        return " and ".join(test.words for test in self.tests) or "all records"


@dataclass(frozen=True, slots=True)
class Source:
    """An origin of a variable; ``href`` leads to its predecessor, where the page has that.

    >>> Source("Collected", "Investigator").documents
    ()
    """

    type: str
    source: str
    description: Description | None = None
    href: str = ""
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """The lineage of a variable, with links.

    >>> Way((), (Link("ADLB.AVAL"),)).sources
    ()
    """

    sources: tuple[tuple[Link, ...], ...]
    used: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A variable of a dataset, or a value level of one.

    Args:
        id: of the row.
        ref: its place in the dataset, or in the value list.
        item: its definition; None where there is none.
        conditions: for which records a value level holds; any of them.
        terms: what its codelist is about: the terms of a short one, else their number.

    >>> Row("variable/IG.DM/IT.X", ItemRef(item_oid="IT.X", mandatory=True), None).name
    'IT.X'
    """

    id: str
    ref: ItemRef
    item: ItemDef | None
    conditions: tuple[Condition, ...] = ()
    codelist: Link | None = None
    terms: str = ""
    sources: tuple[Source, ...] = ()
    method: Said | None = None
    comment: Said | None = None
    levels: tuple[Row, ...] = ()
    values: Values | None = None
    way: Way | None = None

    @property
    def name(self) -> str:
        """Name the variable; by its OID where it has no definition.

        >>> Row("a", ItemRef(item_oid="IT.X", mandatory=True), None).name
        'IT.X'
        """
        return self.item.name if self.item else self.ref.item_oid


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset and its variables.

    >>> group = ItemGroupDef(oid="IG.DM", name="DM", repeating=False, structure="")
    >>> Dataset("dataset/IG.DM", group, ()).height
    's0'
    """

    id: str
    group: ItemGroupDef
    rows: tuple[Row, ...]
    keys: tuple[Link, ...] = ()
    standard: Link | None = None
    location: Link | None = None
    comment: Said | None = None
    preview: DatasetPreview | None = None

    @property
    def height(self) -> str:
        """Name the class of its height, so that the page need not be laid out to be scrolled.

        >>> group = ItemGroupDef(oid="IG.DM", name="DM", repeating=False, structure="")
        >>> Dataset("a", group, tuple([Row("b", ItemRef(item_oid="I", mandatory=True), None)] * 30)).height
        's5'
        """
        return height(len(self.rows))


def height(rows: int) -> str:
    """Name the class of the height of a table of so many rows.

    >>> height(0), height(100), height(10**9)
    ('s0', 's7', 's12')
    """
    return f"s{min(rows.bit_length(), 12)}"


@dataclass(frozen=True, slots=True)
class Terms:
    """A codelist, and the variables that use it.

    >>> Terms("codelist/C", CodeList(oid="C", name="Sex", data_type="text")).used
    ()
    """

    id: str
    codelist: CodeList
    nci: str = ""
    standard: Link | None = None
    comment: Said | None = None
    used: tuple[Link, ...] = ()
    site: Link | None = None
    columns: frozenset[str] = field(default_factory=frozenset)

    @property
    def height(self) -> str:
        """Name the class of its height.

        >>> Terms("codelist/C", CodeList(oid="C", name="Sex", data_type="text")).height
        's0'
        """
        return height(len(self.codelist.terms))


@dataclass(frozen=True, slots=True)
class Method:
    """A method, and what is derived by it.

    >>> Method("method/M", MethodDef(oid="M", name="AGE")).expressions
    ()
    """

    id: str
    method: MethodDef
    documents: tuple[Document, ...] = ()
    used: tuple[Link, ...] = ()

    @property
    def expressions(self) -> tuple[FormalExpression, ...]:
        """Give its program texts.

        >>> Method("method/M", MethodDef(oid="M", name="AGE")).expressions
        ()
        """
        return self.method.expressions


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, and what it is about.

    >>> Comment("comment/C", CommentDef(oid="C")).used
    ()
    """

    id: str
    comment: CommentDef
    documents: tuple[Document, ...] = ()
    used: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """A condition that has an OID, and what it selects.

    >>> Where("where/WC.1", "WC.1", Condition("", ())).used
    ()
    """

    id: str
    oid: str
    condition: Condition
    used: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Guide:
    """A standard, and how many datasets and codelists follow it.

    >>> standard = Standard(oid="S", name="SDTMIG", type="IG", version="3.4")
    >>> Guide("standard/S", standard).datasets
    0
    """

    id: str
    standard: Standard
    comment: Said | None = None
    datasets: int = 0
    codelists: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A document of the study; its role is what the file says of it.

    >>> File("document/L", Leaf(id="L", href="acrf.pdf"), Link("acrf.pdf"), "annotated CRF").used
    ()
    """

    id: str
    leaf: Leaf
    link: Link
    role: str = ""
    used: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysed:
    """A dataset of an analysis.

    >>> Analysed(Link("ADQS"), None).variables
    ()
    """

    dataset: Link
    condition: Condition | None
    variables: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """An analysis result.

    >>> Result("result/A", AnalysisResult(oid="A", reason="", purpose="")).datasets
    ()
    """

    id: str
    result: AnalysisResult
    parameter: Link | None = None
    datasets: tuple[Analysed, ...] = ()
    join: Said | None = None
    documents: tuple[Document, ...] = ()
    programs: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Display:
    """A table, figure or listing, and its results.

    >>> Display("display/D", ResultDisplay(oid="D", name="Table 1")).results
    ()
    """

    id: str
    display: ResultDisplay
    documents: tuple[Document, ...] = ()
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page shows.

    >>> Page().datasets
    ()
    """

    comment: Said | None = None
    standards: tuple[Guide, ...] = ()
    files: tuple[File, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    displays: tuple[Display, ...] = ()
    codelists: tuple[Terms, ...] = ()
    dictionaries: tuple[Terms, ...] = ()
    methods: tuple[Method, ...] = ()
    comments: tuple[Comment, ...] = ()
    wheres: tuple[Where, ...] = ()
    spare: tuple[Row, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
