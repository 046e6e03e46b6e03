"""Import of the official terminology files, from small samples in each of their forms."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from trialkit.ctimport import COLUMNS, import_package, parse_package
from trialkit.packages import Term, read_package
from trialkit.problems import Exit, Refusal

DEFINITION = "a definition that must not be kept"
FULL = ("Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name", "CDISC Submission Value",
        "CDISC Synonym(s)", "CDISC Definition", "NCI Preferred Term")  # fmt: skip
ROWS = [
    ("C66731", "", "No", "Sex", "SEX", "Sex", DEFINITION, "CDISC SDTM Sex Terminology"),
    ("C16576", "C66731", "", "Sex", "F", "Female; Fem", DEFINITION, "Female"),
    ("C20197", "C66731", "", "Sex", "M", "Male", DEFINITION, "Male"),
    ("C71620", "", "Yes", "Unit", "UNIT", "Unit", DEFINITION, "CDISC SDTM Unit Terminology"),
    ("C25613", "C71620", "", "Unit", "%", "", DEFINITION, "Percentage"),
]
SEX = (Term("F", "C16576", "Female", ("Female", "Fem")), Term("M", "C20197", "Male", ("Male",)))
XML = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:nciodm="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"
     FileType="Snapshot" FileOID="CDISC_CT.SDTM.2025-03-28" ODMVersion="1.3.2">
 <Study OID="CDISC_CT.SDTM.2025-03-28"><MetaDataVersion OID="MDV" Name="CT">
  <CodeList OID="CL.C66731.SEX" Name="Sex" DataType="text"
            nciodm:ExtCodeID="C66731" nciodm:CodeListExtensible="No">
   <Description><TranslatedText xml:lang="en">a definition</TranslatedText></Description>
   <EnumeratedItem CodedValue="F" nciodm:ExtCodeID="C16576"><nciodm:CDISCSynonym>Female</nciodm:CDISCSynonym>
    <nciodm:CDISCSynonym>Fem</nciodm:CDISCSynonym><nciodm:CDISCDefinition>d</nciodm:CDISCDefinition>
    <nciodm:PreferredTerm>Female</nciodm:PreferredTerm></EnumeratedItem>
   <EnumeratedItem CodedValue="M" nciodm:ExtCodeID="C20197"><nciodm:CDISCSynonym>Male</nciodm:CDISCSynonym>
    <nciodm:PreferredTerm>Male</nciodm:PreferredTerm></EnumeratedItem>
   <nciodm:CDISCSubmissionValue>SEX</nciodm:CDISCSubmissionValue>
   <nciodm:PreferredTerm>CDISC SDTM Sex Terminology</nciodm:PreferredTerm>
  </CodeList>
  <CodeList OID="CL.C71620.UNIT" Name="Unit" DataType="text"
            nciodm:ExtCodeID="C71620" nciodm:CodeListExtensible="Yes">
   <EnumeratedItem CodedValue="%" nciodm:ExtCodeID="C25613">
    <nciodm:PreferredTerm>Percentage</nciodm:PreferredTerm></EnumeratedItem>
   <nciodm:CDISCSubmissionValue>UNIT</nciodm:CDISCSubmissionValue>
  </CodeList>
 </MetaDataVersion></Study>
</ODM>
"""


def text(rows=ROWS, header=FULL) -> bytes:
    return "\n".join("\t".join(row) for row in (header, *rows)).encode() + b"\n"


def library(rows=ROWS) -> bytes:
    lines = [(*FULL, "Standard and Date"), *((*row, "SDTM CT 2025-03-28") for row in rows)]
    return "\r\n".join(",".join(f'"{cell}"' if cell else "" for cell in line) for line in lines).encode()


def problems(data: bytes, *said: str) -> list[str]:
    with pytest.raises(Refusal) as refused:
        parse_package(data, "ct.txt", *said)
    assert all(problem.kind.exit is Exit.SPEC for problem in refused.value.problems)
    return [problem.line() for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (text(), ("SDTM", "2025-03-28")),
        (library(), ()),
        (XML.encode(), ()),
        (b"\xef\xbb\xbf" + library(), ()),
    ],
)
def test_the_three_forms_hold_the_same_facts(data, said):
    package = parse_package(data, "ct", *said)
    assert (package.standard, package.version, package.names) == ("SDTM", "2025-03-28", ["SEX", "UNIT"])
    assert package.terms("SEX") == SEX
    assert package.find("UNIT").extensible is True
    assert package.lines == parse_package(text(), "ct", "SDTM", "2025-03-28").lines


def test_definitions_are_dropped_and_bytes_are_the_same_each_time(tmp_path: Path):
    source, first, second = tmp_path / "in.txt", tmp_path / "1.tsv.gz", tmp_path / "2.tsv.gz"
    source.write_bytes(text())
    import_package(source, first, "SDTM", "2025-03-28")
    import_package(source, second, "SDTM", "2025-03-28")
    assert first.read_bytes() == second.read_bytes()
    assert DEFINITION.encode() not in gzip.decompress(first.read_bytes())
    assert read_package(first.read_bytes(), "1").terms("SEX") == SEX
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.tsv.gz", "2.tsv.gz", "in.txt"]


def test_quotes_in_the_text_form_are_characters_unless_they_wrap_the_field():
    rows = [*ROWS, ("C1", "C71620", "", "Unit", "in", '"inch, US"', 'the "inch"', 'an "inch')]
    term = parse_package(text(rows), "ct", "SDTM", "2025-03-28").terms("UNIT")[-1]
    assert (term.synonyms, term.preferred) == (("inch, US",), 'an "inch')


def test_other_files_are_refused():
    assert problems(b"a,b\n1,2\n") == [
        "error CT-001 ct.txt the file is not in a known form of terminology. "
        "Give the NCI EVS text file, its ODM-XML file, or the CDISC Library CSV export."
    ]
    assert "not ODM with NCI EVS attributes" in problems(b"<a/>")[0]
    assert "CT-005 ct.txt:1 the XML is not well formed" in problems(b"<a>")[0]
    assert "CT-001 ct.txt:2 the text is not UTF-8" in problems(text(rows=[]) + b"\xff\n")[0]


def test_entities_are_refused():
    doctype = b'<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    data = XML.encode().replace(b"<ODM ", doctype + b"<ODM ").replace(b">Fem<", b">&x;<")
    assert "CT-005 ct.txt the XML declares a document type" in problems(data)[0]


def test_missing_column_and_missing_version_are_reported_together():
    header = [name.replace("Submission Value", "Submission Valu") for name in FULL]
    said = problems(text(header=header))
    assert said[0] == (
        "error CT-002 ct.txt:1 column 'CDISC Submission Value' is missing. "
        "Did you mean 'CDISC Submission Valu'?"
    )
    assert "CT-004" in said[1]


def test_damaged_rows_are_all_listed_with_their_lines():
    rows = [
        *ROWS,
        ("C9", "C404", "", "?", "X", "", "", ""),
        ("C20197", "C66731", "", "Sex", "M", "", "", ""),
        ("", "C66731", "", "Sex", "U", "", "", ""),
        ("C66731", "", "Maybe", "Sex", "SEX", "", "", ""),
        ("C1", "C66731"),
    ]
    said = [line.split(" ", 3)[2:4] for line in problems(text(rows), "SDTM", "2025-03-28")]
    assert [(place, what.split(". ")[0]) for place, what in said] == [
        ("ct.txt:11", "the row has 2 fields and the header 8"),
        ("ct.txt:10", "codelist C66731 is neither extensible 'Yes' nor 'No'"),
        ("ct.txt:10", "codelist C66731 SEX is there twice"),
        ("ct.txt:7", "term C9 belongs to codelist C404, which is not in the file"),
        ("ct.txt:8", "'M' is there twice in codelist C66731"),
        ("ct.txt:9", "a term of codelist C66731 has no C-code or no submission value"),
    ]


def test_a_failed_import_leaves_the_target_alone(tmp_path: Path):
    source, target = tmp_path / "in.txt", tmp_path / "out.tsv.gz"
    source.write_bytes(b"nothing")
    target.write_bytes(b"before")
    with pytest.raises(Refusal):
        import_package(source, target)
    assert target.read_bytes() == b"before"


def test_columns_are_those_of_the_official_file():
    assert set(COLUMNS) < set(FULL)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("C66731\t\tNo\tSex\t\t\t\tSex", "ct.txt:2 the codelist has no C-code or no submission value"),
        (
            "C16576\tC66731\t\tSex\tF\t\t\tFemale",
            "ct.txt:2 term C16576 belongs to codelist C66731, which is not",
        ),
    ],
)
def test_damaged_terminology(rows, said):
    names = (*("Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name"),)
    more = ("CDISC Submission Value", "CDISC Synonym(s)", "CDISC Definition", "NCI Preferred Term")
    data = ("\t".join((*names, *more)) + "\n" + rows + "\n").encode()
    with pytest.raises(Refusal) as caught:
        parse_package(data, "ct.txt", "SDTM", "2025-03-28")
    (line,) = [one.line() for one in caught.value.problems if one.kind.code == "CT-003"]
    assert line.startswith(f"error CT-003 {said}")
