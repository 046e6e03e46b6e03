"""The review page in Chromium, by its keys and buttons."""

import base64
import time

import pytest

from define.html.preview import DatasetPreview, Frequent, Preview, Values
from define.read import parse_define
from define.samples import sample_define
from trialkit.problems import Problems

pytestmark = pytest.mark.browser
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
Select = pytest.importorskip("selenium.webdriver.support.select").Select
# all parts, not only those in view
LAID_OUT = (
    "const style = new CSSStyleSheet();"
    "style.replaceSync('.part, .long { content-visibility: visible !important }');"
    "document.adoptedStyleSheets = [style];"
)
AXE = (
    "const done = arguments[arguments.length - 1];"
    "const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];"
    "axe.run(document, {runOnly, resultTypes: ['violations']}).then((result) => done(result.violations.map("
    "(one) => [one.id, one.nodes.length, one.nodes[0].html, one.nodes[0].failureSummary].join(' '))))"
)
DESKTOP, PHONE = (1280, 900), (360, 740)


def type_in(chromium, text):
    box = chromium.one("#search")
    box.clear()
    box.click()
    chromium.keys(text)
    return [line.text for line in chromium.seen("#hits li")]


def test_nothing_is_loaded_and_nothing_complains(chromium, pages):
    for url in pages.values():
        chromium.open("about:blank").requests()
        chromium.open(url)
        time.sleep(0.3)
        assert [one for one in chromium.requests() if one != "about:blank"] == [url]
        assert chromium.logs() == []


def test_search_finds_and_leads_there(chromium, sdtm):
    chromium.open(sdtm)
    hits = type_in(chromium, "glucose")
    assert any("GLUC" in hit and "Laboratory Test Code" in hit for hit in hits)
    chromium.keys(Keys.ENTER)
    chromium.until("return document.querySelector('tr.here')")
    assert chromium.hash().startswith("#codelist/")
    assert not chromium.one("#found").is_displayed()
    assert "glucose" in chromium.one("tr.here").text.lower()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("lb.lborres", "LB.LBORRES"),
        ("race", "DM.RACE"),
        ("RELREC", None),
        ("unique subject id", "USUBJID"),
        ("C29848", "YEARS"),
        ("bmisc", "BMISC"),
    ],
)
def test_best_match_is_first(chromium, sdtm, query, first):
    chromium.open(sdtm)
    hits = type_in(chromium, query)
    assert first in hits[0] if first else hits == ["Nothing found."]


def test_search_by_kind(chromium, sdtm):
    chromium.open(sdtm)
    type_in(chromium, "date")
    chip = next(one for one in chromium.seen("#kinds button") if one.text.startswith("Methods"))
    chip.click()
    kinds = {one.text for one in chromium.seen("#hits .kind")}
    assert kinds == {"Method"}


def test_what_is_typed_before_the_page_is_read_is_found_at_once_and_completed(chromium, sdtm):
    # idle time comes when the test says so, and time is short, as on a large page that was just opened
    slow = (
        "window.requestIdleCallback = (work) => { window.later = work; }; let clock = 0;"
        "performance.now = () => (clock += 20);"
    )
    made = chromium.cdp("Page.addScriptToEvaluateOnNewDocument", source=slow)
    try:
        chromium.open(sdtm)
        first = len(type_in(chromium, "date"))
        assert chromium.one("#hits").get_attribute("aria-busy") == "true"
        chromium.run("for (let turn = 0; turn < 200; turn++) window.later()")
        assert chromium.one("#hits").get_attribute("aria-busy") == "false"
        assert len(chromium.seen("#hits li")) > first
        assert "date" in chromium.one("#hits").text.lower()
    finally:
        chromium.cdp("Page.removeScriptToEvaluateOnNewDocument", **made)


def test_keys(chromium, sdtm):
    chromium.open(sdtm)
    chromium.keys("/")
    assert chromium.run("return document.activeElement.id") == "search"
    chromium.keys("sex")
    first = chromium.run("return document.querySelector('[aria-selected]').id")
    chromium.keys(Keys.ARROW_DOWN)
    second = chromium.run("return document.querySelector('[aria-selected]').id")
    assert (first, second) == ("hit0", "hit1")
    assert chromium.run("return document.activeElement.getAttribute('aria-activedescendant')") == second
    chromium.keys(Keys.ARROW_UP, Keys.ESCAPE)
    assert not chromium.one("#found").is_displayed()
    chromium.keys(Keys.ESCAPE)
    assert chromium.one("#search").get_attribute("value") == ""
    chromium.keys(Keys.ESCAPE)
    assert chromium.run("return document.activeElement.id") != "search"


def test_skip_links_come_first_and_focus_is_visible(chromium, sdtm):
    chromium.open(sdtm)
    chromium.keys(Keys.TAB)
    skip = chromium.run("return document.activeElement")
    assert skip.text == "Skip to the content"
    assert chromium.run("return document.activeElement.getBoundingClientRect().left") >= 0
    assert chromium.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    chromium.keys(Keys.ENTER)
    assert chromium.hash() == "#main"


def test_deep_links(chromium, sdtm):
    for name in (
        "dataset/IG.VS",
        "variable/IG.DM/IT.DM.SEX",
        "codelist/CL.SEX",
        "method/MT.AGE",
        "where/WC.LB.LBTESTCD.SET1.LBSPEC.BLOOD",
    ):
        chromium.open(f"{sdtm}#{name}")
        chromium.in_view(name)


def test_deep_link_opens_what_is_collapsed(chromium, pages):
    chromium.open(pages["pharmasug2023_vlm"])
    name = chromium.run("return document.querySelectorAll('tr.off')[30].id")
    assert not chromium.run("return document.getElementById(arguments[0]).checkVisibility()", name)
    chromium.run("location.hash = arguments[0]", f"#{name}")
    chromium.in_view(name)


def test_back_button(chromium, sdtm):
    chromium.open(sdtm)
    chromium.run("location.hash = '#variable/IG.LB/IT.LB.LBTESTCD'")
    chromium.in_view("variable/IG.LB/IT.LB.LBTESTCD")
    chromium.one("[id='variable/IG.LB/IT.LB.LBTESTCD'] td:nth-child(5) a").click()
    chromium.until("return location.hash.startsWith('#codelist/')")
    chromium.driver.back()
    assert chromium.hash() == "#variable/IG.LB/IT.LB.LBTESTCD"
    chromium.in_view("variable/IG.LB/IT.LB.LBTESTCD")


def shown_variables(chromium):
    return chromium.run(
        "const name = (part) => part.querySelector('.nm').textContent;"
        "return Array.from(document.querySelectorAll('.ds .v')).filter((row) => row.checkVisibility())"
        ".map((row) => name(row.closest('.ds')) + '.' + name(row))"
    )


def pick(chromium, name, text):
    chromium.run("document.getElementById('filters').scrollIntoView({block: 'center'})")
    chromium.one(f"#f-{name}").click()
    before = chromium.one("#told").text
    Select(chromium.one(f"#f-{name}")).select_by_visible_text(text)
    chromium.until("return document.getElementById('told').textContent !== arguments[0]", before)


def test_filters(chromium, sdtm):
    chromium.open(sdtm)
    every = shown_variables(chromium)
    pick(chromium, "ds", "DM")
    assert {one.split(".")[0] for one in shown_variables(chromium)} == {"DM"}
    pick(chromium, "o", "Derived")
    some = shown_variables(chromium)
    assert "DM.AGE" in some
    assert "DM.SEX" not in some
    assert chromium.one("#told").text == f"{len(some)} of {len(every)} variables in 1 dataset"
    pick(chromium, "me", "has none")
    assert shown_variables(chromium) == []
    chromium.one("#filters [type=reset]").click()
    chromium.until("return !document.getElementById('told').textContent")
    assert shown_variables(chromium) == every
    pick(chromium, "cl", "has one")
    assert "DM.SEX" in shown_variables(chromium)
    pick(chromium, "type", "integer")
    assert "DM.SEX" not in shown_variables(chromium)


def test_role_filter(chromium, pages):
    chromium.open(pages["msg20_sdtm33"])
    pick(chromium, "role", "Topic")
    some = shown_variables(chromium)
    assert "AE.AETERM" in some
    assert "AE.AESEQ" not in some


def test_a_link_to_what_a_filter_hides_ends_the_filter(chromium, sdtm):
    chromium.open(sdtm)
    pick(chromium, "ds", "DM")
    chromium.run("location.hash = '#variable/IG.VS/IT.VS.VSTESTCD'")
    chromium.until("return document.getElementById('variable/IG.VS/IT.VS.VSTESTCD').checkVisibility()")


def test_sorting_up_down_and_back(chromium, sdtm):
    chromium.open(f"{sdtm}#dataset/IG.LB")
    names = (
        "return Array.from(document.querySelectorAll(\"[id='dataset/IG.LB'] .v .nm\"))"
        ".map((one) => one.textContent)"
    )
    before = chromium.run(names)
    button = chromium.one("[id='dataset/IG.LB'] th button")
    button.click()
    assert chromium.run(names) == sorted(before)
    assert chromium.run("return document.querySelectorAll('[aria-sort=ascending]').length") == 1
    levels = "return document.getElementById('variable/IG.LB/IT.LB.LBORRES').nextElementSibling.id"
    assert chromium.run(levels).startswith("value/IG.LB/IT.LB.LBORRES/")
    button.click()
    assert chromium.run(names) == sorted(before, reverse=True)
    button.click()
    assert chromium.run(names) == before


def test_collapse_and_expand(chromium, sdtm):
    chromium.open(f"{sdtm}#dataset/IG.DM")
    chromium.one("[id='dataset/IG.DM'] .fold").click()
    assert not chromium.one("[id='dataset/IG.DM'] .body").is_displayed()
    chromium.one("#all").click()
    assert chromium.seen(".part .body") == []
    chromium.one("#all").click()
    assert chromium.one("[id='dataset/IG.DM'] .body").is_displayed()
    chromium.run("location.hash = '#variable/IG.LB/IT.LB.LBORRES'")
    chromium.in_view("variable/IG.LB/IT.LB.LBORRES")
    chromium.one("[id='variable/IG.LB/IT.LB.LBORRES'] .lv").click()
    assert chromium.run("return document.querySelectorAll(\"[id='dataset/IG.LB'] tr.vl.off\").length") == 8


def test_headers_and_contents_stay(chromium, sdtm):
    chromium.open(f"{sdtm}#variable/IG.LB/IT.LB.LBSTRESN")
    chromium.in_view("variable/IG.LB/IT.LB.LBSTRESN")
    chromium.until(
        "const head = document.querySelector(\"[id='dataset/IG.LB'] thead th\").getBoundingClientRect();"
        "return Math.abs(head.top - document.querySelector('.bar').offsetHeight) < 2"
    )
    assert chromium.one("#toc").rect["height"] > 700
    chromium.until("return document.querySelector('#toc [aria-current]').textContent.startsWith('LB')")


def test_print_has_an_outline_and_everything(chromium, sdtm):
    chromium.open(sdtm)
    made = chromium.cdp(
        "Page.printToPDF", generateDocumentOutline=True, generateTaggedPDF=True, preferCSSPageSize=True
    )
    pdf = base64.b64decode(made["data"])
    assert b"/Outlines" in pdf
    titles = pdf.count(b"/Title")
    headings = chromium.run("return document.querySelectorAll('h1, h2, h3, h4').length")
    assert titles >= headings - 2
    assert pdf.count(b"/Type /Page\n") < 80  # tables, not the cards of a phone
    chromium.cdp("Emulation.setEmulatedMedia", media="print")
    assert chromium.run("return document.querySelector('#toc').checkVisibility()")
    assert not chromium.run("return document.querySelector('#search').checkVisibility()")
    hidden = "return [...document.querySelectorAll('main tr')].filter((one) => !one.checkVisibility()).length"
    assert chromium.run(hidden) == 0
    chromium.cdp("Emulation.setEmulatedMedia", media="")


def test_page_is_whole_without_its_script(chromium, pages):
    url = pages["pharmasug2023_vlm"]
    chromium.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(url)
        root = chromium.cdp("DOM.getDocument")["root"]["nodeId"]
        html = chromium.cdp("DOM.querySelector", nodeId=root, selector="html.js")
        assert html["nodeId"] == 0
    finally:
        chromium.cdp("Emulation.setScriptExecutionDisabled", value=False)
    hidden = (
        "return [...document.querySelectorAll('main tr')].filter((one) => !one.checkVisibility()).length"
        " + [...document.querySelectorAll('.act')].filter((one) => one.checkVisibility()).length"
    )
    assert chromium.run(hidden) == 0


@pytest.mark.parametrize(
    "name", ["official21_sdtm", "official21_adam_arm", "pharmasug2023_vlm", "msg20_sdtm33"]
)
def test_phone_never_scrolls_sideways(chromium, pages, name):
    chromium.open(pages[name], PHONE)
    chromium.run(LAID_OUT)
    wide = chromium.run("return document.documentElement.scrollWidth")
    assert wide <= PHONE[0]


def test_phone_contents(chromium, sdtm):
    chromium.open(sdtm, PHONE)
    assert not chromium.one("#toc").is_displayed()
    chromium.one("#menu").click()
    assert chromium.one("#toc").is_displayed()
    link = chromium.one("#toc a[href='#dataset/IG.VS']")
    link.click()
    chromium.in_view("dataset/IG.VS")
    chromium.until("return !document.getElementById('toc').checkVisibility()")
    type_in(chromium, "glucose")
    assert chromium.one("#found").rect["width"] <= PHONE[0]


PREVIEW = Preview(
    {"DM": DatasetPreview(9, {"SEX": Values(9, 1, 2, "F", "M", (Frequent("F", 5),))}, ("SEX",), (("F",),))}
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["official21_sdtm", "official21_adam_arm", "preview"])
def test_axe_finds_nothing(chromium, pages, file_of, axe, name, size, scheme):
    url = file_of(sample_define(), preview=PREVIEW) if name == "preview" else pages[name]
    chromium.open(url, size, scheme)
    type_in(chromium, "date" if name != "preview" else "sex")
    chromium.run(LAID_OUT)
    chromium.run(axe)
    chromium.driver.set_script_timeout(120)
    found = chromium.driver.execute_async_script(AXE)
    assert found == []


HOSTILE = """</script><script>window.hit=1</script><img src=x onerror="window.hit=1"> ]]> '"""


def hostile():
    text = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    spaces = (
        'xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    said = f"<Description><TranslatedText>{text}</TranslatedText></Description>"
    inside = f"""<ODM {spaces} FileOID="F" FileType="Snapshot" CreationDateTime="2024-01-31T00:00:00"
    def:Context="Other"><Study OID="S"><MetaDataVersion OID="M" Name="{text}" def:DefineVersion="2.1.0">
    <ItemGroupDef OID="{text}" Name="{text}" Repeating="No" def:Structure="{text}"
    def:ArchiveLocationID="LF.1">{said}<ItemRef ItemOID="IT.1" Mandatory="No" MethodOID="MT.1"/>
    <def:leaf ID="LF.1" xlink:href="javascript:window.hit=1"><def:title>{text}</def:title></def:leaf>
    </ItemGroupDef><ItemDef OID="IT.1" Name="{text}" DataType="text">{said}</ItemDef>
    <MethodDef OID="MT.1" Name="{text}" Type="Computation">{said}</MethodDef>
    </MetaDataVersion></Study></ODM>"""
    return parse_define(inside.encode(), "define.xml", Problems())


def test_hostile_text_does_nothing(chromium, file_of):
    chromium.open(file_of(hostile()))
    assert "<img src=x" in type_in(chromium, "onerror")[0]
    chromium.keys(Keys.ENTER)
    for link in chromium.seen("main a"):
        chromium.run("arguments[0].click()", link)
    assert chromium.run("return window.hit") is None
    assert chromium.run("return document.images.length") == 0
    assert chromium.logs() == []


def test_policy_holds(chromium, sdtm, server):
    chromium.open(sdtm)
    address, asked = server
    told = chromium.driver.execute_async_script(
        "const [address, done] = arguments; const told = [];"
        "const tell = (event) => told.push(event.effectiveDirective);"
        "document.addEventListener('securitypolicyviolation', tell);"
        "const script = document.createElement('script'); script.textContent = 'window.hit = 1';"
        "const image = document.createElement('img'); image.src = address + '/x.png';"
        "const frame = document.createElement('iframe'); frame.src = address;"
        "document.body.append(script, image, frame); fetch(address).catch(() => 0);"
        "setTimeout(() => done(told), 500)",
        address,
    )
    assert {"script-src-elem", "img-src", "frame-src", "connect-src"} <= set(told)
    assert chromium.run("return window.hit") is None
    assert asked == []
