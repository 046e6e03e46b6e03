"""What the tests of define.xml share."""

import pytest
from lxml import etree

from define.read import parse_define
from trialkit.problems import Problems

HEAD = (
    '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:arm="http://www.cdisc.org/ns/arm/v1.0" '
    'FileOID="F" FileType="Snapshot" CreationDateTime="2024-01-31T00:00:00" ODMVersion="1.3.2" '
    'def:Context="Other"><Study OID="S"><GlobalVariables><StudyName>S</StudyName><StudyDescription/>'
    '<ProtocolName>S</ProtocolName></GlobalVariables><MetaDataVersion OID="M" Name="M" '
    'def:DefineVersion="2.1.0">'
)
TAIL = "</MetaDataVersion></Study></ODM>"


def canonical_xml(data):
    """Write XML canonically, without the blanks between elements; comments stay."""
    root = etree.fromstring(data)
    for element in root.iter():
        if isinstance(element.tag, str) and len(element) and not (element.text or "").strip():
            element.text = None
        parent = element.getparent()
        if parent is not None and not (element.tail or "").strip():
            element.tail = None
    return etree.tostring(root.getroottree(), method="c14n", with_comments=True).decode()


@pytest.fixture(scope="session")
def canonical():
    return canonical_xml


@pytest.fixture(scope="session")
def whole():
    """Make a whole file of what stands in MetaDataVersion."""
    return lambda inside: f"{HEAD}{inside}{TAIL}".encode()


@pytest.fixture(scope="session")
def parsed(whole):
    """Read what stands in MetaDataVersion; gives the model and the problems."""

    def read(inside):
        problems = Problems()
        return parse_define(whole(inside), "define.xml", problems), problems.items

    return read
