"""The package of NCT04952155 in Chromium, opened from its folder: every link is followed, none is dead."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from trialkit.cli import cli

pytestmark = pytest.mark.browser
STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
PAGES = ("tabulations/sdtm", "analysis/adam/datasets")
LINKS = "return [...new Set([...document.links].map((one) => one.getAttribute('href')))]"
# no browser applies a stylesheet to an XML file that is opened from a folder: the page beside it is for that
OF_THE_BROWSER = ("define2-1.xsl", "XSLTProcessor")
# a term has no identifier: its link is that of its codelist, and its place in it
WITHOUT_PLACE = """
const place = (name) => {
  const [, list, term] = name.match(/^(codelist.*)\\/term(\\d+)$/) ?? [];
  const found = document.getElementById(list ?? name);
  return list ? found?.querySelectorAll('tbody tr')[term - 1] : found;
};
return arguments[0].filter((one) => !place(one.slice(1)));
"""
# of some hundred a browser refuses to follow more within seconds
FOLLOWED = """
const done = arguments[arguments.length - 1];
const links = [...document.links].filter((one) => one.getAttribute('href').startsWith('#'));
const wrong = [];
const shown = (href) => location.hash === href && target().checkVisibility();
// the page unfolds a place once it has been told of the move
const look = (at, turns) => {
  const href = links[at].getAttribute('href');
  if (!shown(href) && turns) return setTimeout(look, 20, at, turns - 1);
  if (!shown(href)) wrong.push(href);
  follow(at + Math.ceil(links.length / 120));
};
const follow = (at) => {
  if (at >= links.length) return done(wrong);
  links[at].click();
  look(at, 50);
};
follow(0);
"""


def call(*words):
    made = CliRunner().invoke(cli, [str(one) for one in words])
    assert made.exception is None, made.output
    assert made.exit_code == 0, made.output


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Make the package as `make all package` does."""
    out = tmp_path_factory.mktemp("clicked")
    call("simulate", STUDY, "--seed", 1, "--out", out / "raw")
    call("sdtm", STUDY, "--raw", out / "raw", "--out", out, "--no-json")
    call("adam", STUDY, "--sdtm", out / "sdtm", "--out", out, "--no-json")
    call("analyze", STUDY, "--adam", out / "adam", "--out", out)
    call("define", STUDY, "--sdtm", out / "sdtm", "--adam", out / "adam", "--raw", out / "raw")
    call("guide", STUDY, "--build", out)
    call("package", STUDY, "--build", out, "--out", out / "package")
    return out / "package"


@pytest.fixture
def base(package):
    [study] = (package / "m5" / "datasets").iterdir()
    return study


def said(chromium):
    """Give what the browser complains of, but for what no page can help."""
    return [one for one in chromium.logs() if not any(known in one["message"] for known in OF_THE_BROWSER)]


def file_of(url):
    return Path(unquote(urlsplit(url).path))


def reader_of(path, made={}):  # noqa: B006 - reading a PDF takes long, each is read once
    if path not in made:
        made[path] = PdfReader(path)
    return made[path]


def missing_in_pdf(url):
    """Say whether a link into a PDF leads to a page or a destination that is not there."""
    reader, asked = reader_of(file_of(url)), dict(parse_qsl(urlsplit(url).fragment))
    assert set(asked) <= {"page", "nameddest"}
    page, name = asked.get("page", "1"), asked.get("nameddest")
    return not 1 <= int(page) <= len(reader.pages) or (name and name not in reader.named_destinations)


def test_the_contents_lead_to_every_file(chromium, package):
    toc = (package / "toc.html").as_uri()
    chromium.cdp("Browser.setDownloadBehavior", behavior="deny")
    chromium.open(toc)
    hrefs = [one for one in chromium.run(LINKS) if not one.startswith("#")]
    files = {path for path in (package / "m5").rglob("*") if path.is_file()}
    assert {file_of(urljoin(toc, one)) for one in hrefs} == files
    for href in hrefs:
        if href.endswith((".xpt", ".xsl", ".docx")):  # a browser keeps them
            continue
        chromium.one(f"a[href='{href}']").click()
        chromium.until("return location.href === arguments[0]", urljoin(toc, href))
        assert said(chromium) == [], href
        chromium.driver.back()
        chromium.until("return document.title.startsWith('Contents')")


@pytest.mark.parametrize("part", PAGES)
def test_every_link_of_a_page_leads_somewhere(chromium, base, part):
    url = (base / part / "define.html").as_uri()
    chromium.open(url)
    hrefs = chromium.run(LINKS)
    within = [one for one in hrefs if one.startswith("#")]
    assert len(within) > 1000
    assert chromium.run(WITHOUT_PLACE, within) == []
    assert chromium.driver.execute_async_script(FOLLOWED) == []
    across = [urljoin(url, one) for one in hrefs if not one.startswith("#")]
    assert [one for one in across if not file_of(one).is_file()] == []
    assert [one for one in across if ".pdf#" in one and missing_in_pdf(one)] == []
    assert said(chromium) == []


def test_links_between_the_pages_meet(chromium, base):
    pages = [(base / part / "define.html").as_uri() for part in PAGES]
    links, places = {}, {}
    for page in pages:
        chromium.open(page)
        whole = [urljoin(page, one) for one in chromium.run(LINKS)]
        links[page] = [one for one in whole if urldefrag(one)[0] != page and "define.html#" in one]
        places[page] = set(chromium.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)"))
    for page, there in zip(pages, reversed(pages), strict=True):
        assert len(links[page]) > 100
        assert {urldefrag(one)[0] for one in links[page]} == {there}
        assert [one for one in links[page] if unquote(urlsplit(one).fragment) not in places[there]] == []
        # one of them by hand
        chromium.open(page)
        link = next(one for one in chromium.all("main a[href*='define.html#']") if one.is_displayed())
        wanted = urljoin(page, link.get_attribute("href"))
        chromium.run("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", link)
        chromium.until("return location.href === arguments[0]", wanted)
        chromium.in_view(unquote(urlsplit(wanted).fragment))
        assert said(chromium) == []


def test_a_page_of_the_annotated_crf_opens(chromium, base):
    page = base / PAGES[0] / "define.html"
    chromium.open(page.as_uri())
    links = [one for one in chromium.run(LINKS) if one.startswith("acrf.pdf#")]
    assert len(links) > 20
    chromium.run("document.querySelector(`a[href='${arguments[0]}']`).click()", links[0])
    chromium.until("return location.href.endsWith(arguments[0])", links[0])
    assert chromium.run("return document.contentType") == "application/pdf"
    assert said(chromium) == []


def test_links_in_pdf_files_lead_somewhere(base):
    found = sorted(base.rglob("*.pdf"))
    assert "acrf.pdf" in [path.name for path in found]
    for path in found:
        for href in links_of(reader_of(path)):
            target = urljoin(path.as_uri(), href)
            assert file_of(target).is_file(), f"{path.name}: {href}"
            assert not target.count(".pdf#") or not missing_in_pdf(target), f"{path.name}: {href}"


def links_of(reader):
    """Give the links of a PDF file to other files; one to a place of its own has to name it."""
    for page in reader.pages:
        for entry in page.get("/Annots", []):
            link = entry.get_object()
            if link.get("/Subtype") != "/Link":
                continue
            action = link.get("/A", {})
            place = link.get("/Dest", action.get("/D"))
            if "/URI" in action:
                yield str(action["/URI"])
            elif "/F" in action:
                file = action["/F"].get_object()
                yield file if isinstance(file, str) else str(file.get("/UF", file.get("/F")))
            elif isinstance(place, str):
                assert place in reader.named_destinations, place
            else:
                assert place is not None
                assert place[0].get_object()["/Type"] == "/Page"


def test_a_data_manager_finds_out_about_a_result(chromium, base):
    """From which raw column LBSTRESN of NfL in CSF is, its unit and visits, who computed it, what uses it."""
    chromium.open((base / PAGES[0] / "define.html").as_uri())
    actions = []

    def act(what, work):
        actions.append(what)
        work()

    act("search", lambda: chromium.keys("/lbstresn neurofilament cerebrospinal"))
    act("first result", lambda: chromium.keys("\ue007"))
    chromium.until("return document.querySelector('tr.here')")
    level = chromium.one("tr.here").text
    assert "Derived Sponsor" in " ".join(level.split())
    assert "LBSTRESU: ng/L" in level
    assert "VISIT: WEEK 0, WEEK 24, WEEK 48" in level
    act("from which columns", lambda: chromium.one("tr.here .way summary").click())
    assert "BIOMK.csv RESULT" in chromium.one("tr.here").text
    assert "LABHOSP" not in chromium.one("tr.here").text
    act("search the variable", lambda: chromium.keys("/lb.lbstresn\ue007"))
    chromium.until("return document.querySelector('tr.here.v')")
    uses = [one for one in chromium.all("tr.here .way summary") if one.text.startswith("used in")]
    act("used in", uses[0].click)
    analysis = next(one for one in chromium.all("tr.here .way a") if one.text.startswith("AR-4.1"))
    act("the analysis", analysis.click)
    chromium.until("return document.title.includes('Define') && location.href.includes('analysis/adam')")
    chromium.in_view("result/AR.AR-4.1")
    assert "ADLB" in chromium.one("[id='result/AR.AR-4.1']").text
    assert len(actions) <= 6
    assert said(chromium) == []
