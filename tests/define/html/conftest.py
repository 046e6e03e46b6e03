"""What the tests of the review page share: a page as a tree, and the files to render."""

from pathlib import Path

import pytest
from lxml import html

from define.html.page import render
from define.read import read_define
from trialkit.problems import Problems

UNSEEN = Path(__file__).resolve().parents[1] / "unseen.xml"


@pytest.fixture(scope="session")
def unseen():
    return read_define(UNSEEN, Problems())


@pytest.fixture(scope="session")
def page():
    """Render a model; gives the page as a tree."""
    return lambda define, **more: html.document_fromstring(render(define, **more))


@pytest.fixture(scope="session")
def text():
    """Give the text of an element, blanks made one."""
    return lambda element: " ".join(element.text_content().split())


@pytest.fixture(
    scope="session", params=["official21_sdtm", "official21_adam_arm", "pharmasug2023_vlm", "msg20_sdtm33"]
)
def public(request, reference):
    return read_define(reference / "define" / f"{request.param}.xml", Problems())
