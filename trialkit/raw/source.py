"""The spec of one raw source: which file, how it is written, and what to do about doubtful rows."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from trialkit.cutoff import CutoffColumn
from trialkit.model import Model
from trialkit.raw.checks import column_check
from trialkit.raw.decode import codec_name

Policy: TypeAlias = Literal["error", "quarantine"]
Trim: TypeAlias = Literal["blanks", "nbsp", "fullwidth", "controls", "breaks"]
Dates: TypeAlias = Literal["auto", "date", "minute", "second"]

_SHA256 = r"^[0-9a-f]{64}$"
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


class RawSource(Model):
    """What every raw source says, whatever its format. Every cell is read as text.

    >>> ParquetSource(format="parquet", file="lb.parquet", missing=["ND"]).missing
    ('ND',)
    """

    file: str = Field(description="path of the file, relative to the raw folder")
    optional: bool = Field(
        False, description="the file may be absent, as when a form has no data yet; declare its `columns`"
    )
    sha256: str | None = Field(None, pattern=_SHA256, description="the file must have this SHA-256")
    missing: tuple[str, ...] = Field((), description="texts that mean missing, such as ND; default none")
    trim: tuple[Trim, ...] = Field(
        (),
        description=(
            "changes made to every cell, each counted: blanks (strip both ends), nbsp (no-break blanks "
            "become blanks), fullwidth (full-width forms become ASCII), controls (control characters "
            "become blanks), breaks (line breaks become blanks)"
        ),
    )
    key: tuple[str, ...] = Field((), description="columns that together name one row")
    subject: str = Field("", description="column that says whose row it is, for the list of queries")
    visit: str = Field("", description="column that says of which visit it is, for the list of queries")
    collected_by: Literal["Investigator", "Subject", "Vendor"] = Field(
        "Investigator", description="who collected it, for the origins of define.xml"
    )
    cutoff: CutoffColumn | None = Field(
        None,
        description="what dates a row: {column, formats}; rows certainly after the data cutoff are left out",
    )
    duplicates: Literal["error", "query", "keep"] = Field(
        "error",
        description=(
            "what rows are that have the key of another row, or a blank in it: an error, a data query, or "
            "kept for the rules to handle"
        ),
    )
    always: dict[str, str] = Field(
        {}, description="columns that hold one value in every row, such as the study; another is an error"
    )
    columns: dict[str, str] = Field(
        {},
        description=(
            "what the texts of a column must look like: integer, number, text, or a date pattern such as "
            "DD-MON-YYYY; a check only, nothing is converted"
        ),
    )
    mistyped: Literal["error", "query"] = Field(
        "error", description="what a text that fails its column check is: an error or a data query"
    )
    unmapped: Literal["list", "error"] = Field(
        "list", description="what raw columns that no rule uses are: listed, or an error"
    )

    @property
    def named(self) -> tuple[str, ...]:
        """Name the columns that the source itself reads.

        >>> CsvSource(format="csv", file="ae.csv", key=["SUBJ", "AENO"], subject="SUBJ").named
        ('SUBJ', 'AENO')
        """
        names = (*self.key, self.subject, self.visit, self.cutoff.column if self.cutoff else "")
        return tuple(dict.fromkeys(filter(None, names)))

    @field_validator("columns")
    @classmethod
    def _known_checks(cls, columns: dict[str, str]) -> dict[str, str]:
        for text in columns.values():
            column_check(text)
        return columns


class _Delimited(RawSource):
    encoding: str = Field("utf-8", description="character encoding, declared and never guessed")
    delimiter: str | None = Field(
        None, description="one character, or tab, semicolon, pipe; default tab for format tsv, else comma"
    )
    ragged: Policy = Field(
        "error", description="rows with the wrong number of fields: an error, or set aside with a data query"
    )
    undecodable: Policy = Field(
        "error", description="rows whose bytes are not of the encoding: an error, or set aside with a query"
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        codec_name(encoding)
        return encoding

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, delimiter: str | None) -> str | None:
        character = None if delimiter is None else _DELIMITERS.get(delimiter, delimiter)
        if character is not None and (
            not character.isascii() or len(character) != 1 or character in "\r\n\0"
        ):
            raise ValueError("must be one ASCII character, or tab, comma, semicolon, pipe")
        return character


class _HeaderLines(RawSource):
    header: int = Field(1, ge=0, description="how many header lines the file has; 0 needs column_names")
    names: int = Field(1, ge=1, description="which header line holds the column names")
    labels: int | None = Field(None, ge=1, description="which header line holds the column labels")
    skip: int = Field(0, ge=0, description="lines or sheet rows to skip before the header")
    column_names: tuple[str, ...] | None = Field(
        None, description="the column names, for a file whose header has none or unusable ones"
    )

    @model_validator(mode="after")
    def _lines_exist(self) -> Self:
        if self.column_names is None and self.names > self.header:
            raise ValueError(f"names is line {self.names} of {self.header} header lines; give column_names")
        if self.labels is not None and self.labels > self.header:
            raise ValueError(f"labels is line {self.labels} of {self.header} header lines")
        return self


class CsvSource(_Delimited, _HeaderLines):
    r"""A delimited text file, plain or as .gz; quoting as RFC 4180 has it. No line is a comment.

    >>> CsvSource(format="tsv", file="lb.txt").separator
    '\t'
    """

    format: Literal["csv", "tsv"] = Field(description="format of the file")
    quote: str = Field('"', max_length=1, description="quote character; an empty text means no quoting")

    @model_validator(mode="after")
    def _usable_quote(self) -> Self:
        if self.quote and (not self.quote.isascii() or self.quote in "\r\n\0" + self.separator):
            raise ValueError("quote must be one ASCII character other than the delimiter")
        return self

    @property
    def separator(self) -> str:
        """Give the delimiter as one character.

        >>> CsvSource(format="csv", file="a.csv", delimiter="pipe").separator
        '|'
        """
        return self.delimiter or ("\t" if self.format == "tsv" else ",")


class XlsxSource(_HeaderLines):
    """One sheet of an XLSX workbook; rows are named by their sheet row number.

    >>> XlsxSource(format="xlsx", file="lab.xlsx", sheet="LIS").dates
    'auto'
    """

    format: Literal["xlsx"] = Field(description="format of the file")
    sheet: str = Field(description="name of the sheet")
    dates: Dates = Field(
        "auto",
        description=(
            "how cells that hold a real date are written, in ISO 8601: date, minute, second, or auto (as "
            "precise as the cell needs)"
        ),
    )


class _SasTexts(RawSource):
    encoding: str | None = Field(None, description="encoding of the texts, where the file's own is wrong")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str | None) -> str | None:
        return encoding and (codec_name(encoding) and encoding)


class SasSource(_SasTexts):
    """A SAS dataset (.sas7bdat); dates, times and datetimes are written by their SAS format in ISO 8601.

    >>> SasSource(format="sas7bdat", file="ae.sas7bdat").encoding is None
    True
    """

    format: Literal["sas7bdat"] = Field(description="format of the file")


class XptSource(_SasTexts):
    """A SAS transport file (.xpt) with one dataset; dates are written by their SAS format in ISO 8601.

    >>> XptSource(format="xpt", file="ae.xpt").file
    'ae.xpt'
    """

    format: Literal["xpt"] = Field(description="format of the file")
    encoding: str | None = Field(None, description="encoding of the texts; default UTF-8, which holds ASCII")


class OdmSource(RawSource):
    """One item group of one form of the ClinicalData of an ODM-XML 1.3 file; one row per ItemGroupData.

    The columns are StudyOID, SubjectKey, LocationOID, StudyEventOID, StudyEventRepeatKey, FormOID,
    FormRepeatKey, ItemGroupOID, ItemGroupRepeatKey, TransactionType and one per ItemOID, in the order
    of the metadata (Operational Data Model 1.3.2, section 3.1.4).

    >>> OdmSource(format="odm", file="odm.xml", form="F.VS", item_group="IG.VS").transactions
    'error'
    """

    format: Literal["odm"] = Field(description="format of the file")
    form: str = Field(description="FormOID")
    item_group: str = Field(description="ItemGroupOID")
    transactions: Literal["error", "keep"] = Field(
        "error",
        description=(
            "what transactions other than Insert are: an error, or rows like others, told apart by the "
            "column TransactionType"
        ),
    )


class RedcapSource(_Delimited):
    """A REDCap export (raw codes, CSV) with its data dictionary (CSV, of the same encoding).

    >>> RedcapSource(format="redcap", file="data.csv", dictionary="dictionary.csv").choices
    'labels'
    """

    format: Literal["redcap"] = Field(description="format of the file")
    dictionary: str = Field(description="path of the data dictionary (CSV), relative to the raw folder")
    choices: Literal["labels", "codes"] = Field(
        "labels", description="what the cells of choice fields become: labels of the dictionary, or codes"
    )


class ParquetSource(RawSource):
    """A Parquet file of flat columns; rows are named by their number.

    >>> ParquetSource(format="parquet", file="lb.parquet").unmapped
    'list'
    """

    format: Literal["parquet"] = Field(description="format of the file")


Source: TypeAlias = Annotated[
    CsvSource | XlsxSource | SasSource | XptSource | OdmSource | RedcapSource | ParquetSource,
    Field(discriminator="format"),
]
