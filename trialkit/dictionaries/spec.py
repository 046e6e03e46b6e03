"""What a study says of a coding dictionary, and the columns that every dictionary has as a table."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trialkit.model import Model

# TERM is what a text is compared with, folded; CODE that of its entry; PATH the code of the top of one
# hierarchy above it, and PRIMARY says Y where that is the one that counts
FINDING = ("TERM", "CODE", "PATH", "PRIMARY")
_ATC = tuple(f"ATC{level}{end}" for level in (1, 2, 3, 4) for end in ("", "CD"))
_MEDDRA = ("LLT", "LLTCD", "PT", "PTCD", "HLT", "HLTCD", "HLGT", "HLGTCD", "SOC", "SOCCD", "PSOC", "PSOCCD")
LEVELS = {"MedDRA": _MEDDRA, "WHODrug": ("DRUG", "DRUGCD", "PREF", "PREFCD", "ATC", "ATCCD", *_ATC)}
TOPS = {"MedDRA": ("SOCCD", "SOC"), "WHODrug": ("ATCCD", "ATC")}


class Dictionary(Model):
    """One dictionary that texts of the study are coded with.

    A licensed dictionary is read from the folder that ``--dictionaries`` names and is never part of a
    study. Without it the study's own table stands in, and the manifest and the report say so.

    >>> Dictionary(dictionary="MedDRA", version="27.0").columns[:5]
    ('TERM', 'CODE', 'PATH', 'PRIMARY', 'LLT')
    """

    dictionary: Literal["MedDRA", "WHODrug"] = Field(description="which dictionary")
    version: str = Field(min_length=1, description="its version, such as 27.0 or 2024-03-01")
    folder: str = Field(
        "", description="its folder in that of --dictionaries; default: its name in lower case"
    )
    layout: Literal["B3", "C3"] = Field("B3", description="the text format of WHODrug")
    encoding: str = Field("utf-8", description="character encoding of its files")
    table: str = Field("", description="table of the study that stands in where there is no licensed folder")
    synonyms: str = Field(
        "", description="table of the study with VERBATIM and CODE: texts that the study has coded itself"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of the dictionary as a table.

        >>> "PREF" in Dictionary(dictionary="WHODrug", version="2024-03-01").columns
        True
        """
        return (*FINDING, *LEVELS[self.dictionary])

    @property
    def lowest(self) -> tuple[str, str]:
        """Name the columns of an entry and of its code.

        >>> Dictionary(dictionary="MedDRA", version="27.0").lowest
        ('LLT', 'LLTCD')
        """
        levels = LEVELS[self.dictionary]
        return levels[0], levels[1]

    @property
    def preferred(self) -> str:
        """Name the column of the preferred term or name.

        >>> Dictionary(dictionary="MedDRA", version="27.0").preferred
        'PT'
        """
        return LEVELS[self.dictionary][2]
