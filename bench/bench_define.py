"""Measures the review page of a large define.xml, and the official stylesheet on smaller ones, in one run.

python bench/bench_define.py [--datasets 100] [--variables 30] [--terms 20000] [--stylesheet 25 50 100]

Prints CPU seconds for writing define.xml and rendering the page with and without a preview; in Chromium the
first paint, the end of loading, the time from a letter typed to the results shown, and the same for a letter
typed as soon as the page is there, before it has been read for the search (to the first results and to all);
and the CPU seconds of the official stylesheet (from defineutils, in lxml) for as many datasets as
`--stylesheet` says, with the page for the same file. Where these are fewer than `--datasets`, the time for
all is extrapolated from the last two, as a power of the size.
"""

import argparse
import math
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lxml import etree

from define.build.build import STYLESHEET
from define.html.page import render
from define.html.preview import DatasetPreview, Frequent, Preview, Values
from define.model import (
    CodeList,
    CodeListItem,
    CodeListRef,
    CommentDef,
    Decode,
    Define,
    Description,
    DocumentRef,
    GlobalVariables,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Leaf,
    MetaDataVersion,
    MethodDef,
    Origin,
    PDFPageRef,
    RangeCheck,
    Standard,
    Standards,
    Study,
    ValueListDef,
    ValueListRef,
    WhereClauseDef,
    WhereClauseRef,
)
from define.model.alias import NCI, Alias
from define.model.groups import Class
from define.official import official_file
from define.write import write_define

LEVELS = 10
WORDS = (
    "baseline",
    "visit",
    "dose",
    "result",
    "unit",
    "date",
    "onset",
    "planned",
    "actual",
    "subject",
    "value",
)


def words(number: int, count: int) -> str:
    return " ".join(WORDS[(number * 7 + place * 3) % len(WORDS)] for place in range(count)).capitalize()


def synthetic(datasets: int, variables: int, terms: int) -> Define:
    """Make a define.xml with codelists, methods, comments, CRF pages and ten value levels per dataset."""
    lists = max(1, datasets * 2)
    items, groups, methods, comments, values, wheres = [], [], [], [], [], []
    for number in range(datasets):
        name = f"X{number:03}"
        refs = []
        for place in range(variables):
            oid, variable = f"IT.{name}.V{place:02}", f"{name}V{place:02}"
            method = f"MT.{name}.V{place:02}" if place % 3 == 1 else ""
            comment = f"COM.{name}.V{place:02}" if place % 5 == 2 else ""
            if method:
                methods.append(
                    MethodDef(
                        oid=method, name=f"Derive {variable}", type="Computation", description=text(place, 40)
                    )
                )
            if comment:
                comments.append(CommentDef(oid=comment, description=text(number + place, 12)))
            coded = place % 3 == 0
            items.append(
                ItemDef(
                    oid=oid,
                    name=variable,
                    data_type=("text", "integer", "float")[place % 3],
                    length=8,
                    comment_oid=comment,
                    description=text(number + place, 4),
                    codelist=CodeListRef(codelist_oid=f"CL.{(number * variables + place) % lists}")
                    if coded
                    else None,
                    origins=(origin(method, place),),
                    value_list=ValueListRef(value_list_oid=f"VL.{name}") if place == 5 else None,
                )
            )
            refs.append(
                ItemRef(
                    item_oid=oid,
                    mandatory=place < 4,
                    order_number=place + 1,
                    key_sequence=place + 1 if place < 4 else None,
                    method_oid=method,
                    role=("Identifier", "Topic", "Record Qualifier", "Timing")[place % 4],
                )
            )
        groups.append(group(name, refs, number))
        levels(name, items, values, wheres, terms // lists)
    return whole(groups, items, codelists(lists, terms), methods, comments, values, wheres)


def text(number: int, count: int) -> Description:
    return Description.of(words(number, count))


def origin(method: str, place: int) -> Origin:
    if method:
        return Origin(type="Derived", source="Sponsor")
    page = PDFPageRef(type="PhysicalRef", page_refs=f"{place + 1} {place + 2}")
    return Origin(
        type="Collected", source="Investigator", documents=(DocumentRef(leaf_id="LF.acrf", pages=(page,)),)
    )


def group(name: str, refs: list, number: int) -> ItemGroupDef:
    return ItemGroupDef(
        oid=f"IG.{name}",
        name=name,
        domain=name,
        repeating=True,
        is_reference_data=False,
        purpose="Tabulation",
        structure="One record per subject per visit",
        archive_location_id=f"LF.{name}",
        standard_oid="STD.1",
        description=text(number, 3),
        items=tuple(refs),
        dataset_class=Class(name="FINDINGS"),
        leaf=Leaf(id=f"LF.{name}", href=f"{name.lower()}.xpt", title=f"{name.lower()}.xpt"),
    )


def levels(name: str, items: list, values: list, wheres: list, terms: int) -> None:
    refs = []
    for level in range(LEVELS):
        oid, where = f"IT.{name}.V05.L{level}", f"WC.{name}.{level}"
        items.append(
            ItemDef(oid=oid, name=f"{name}V05", data_type="float", length=8, origins=(origin("", level),))
        )
        check = RangeCheck(comparator="EQ", item_oid=f"IT.{name}.V03", values=(f"T{level % max(1, terms)}",))
        wheres.append(WhereClauseDef(oid=where, checks=(check,)))
        refs.append(
            ItemRef(item_oid=oid, mandatory=False, where_clauses=(WhereClauseRef(where_clause_oid=where),))
        )
    values.append(ValueListDef(oid=f"VL.{name}", items=tuple(refs)))


def codelists(lists: int, terms: int) -> list[CodeList]:
    return [
        CodeList(
            oid=f"CL.{number}",
            name=f"{words(number, 2)} {number}",
            data_type="text",
            standard_oid="STD.2",
            aliases=(Alias(context=NCI, name=f"C{60000 + number}"),),
            coded=tuple(
                CodeListItem(
                    coded_value=f"T{place}",
                    order_number=place + 1,
                    decode=Decode.of(f"{words(number + place, 3)} {place}"),
                    aliases=(Alias(context=NCI, name=f"C{100000 + number * 100 + place}"),),
                )
                for place in range(terms // lists)
            ),
        )
        for number in range(lists)
    ]


def whole(groups, items, lists, methods, comments, values, wheres) -> Define:
    guide = Standard(oid="STD.1", name="SDTMIG", type="IG", version="3.4", status="Final")
    package = Standard(
        oid="STD.2", name="CDISC/NCI", type="CT", publishing_set="SDTM", version="2025-03-28", status="Final"
    )
    metadata = MetaDataVersion(
        oid="MDV.1",
        name="Study BENCH",
        standards=Standards(standards=(guide, package)),
        value_lists=tuple(values),
        where_clauses=tuple(wheres),
        item_groups=tuple(groups),
        items=tuple(items),
        codelists=tuple(lists),
        methods=tuple(methods),
        comments=tuple(comments),
        leaves=(Leaf(id="LF.acrf", href="acrf.pdf", title="Annotated CRF"),),
    )
    names = GlobalVariables(study_name="BENCH", study_description="Synthetic", protocol_name="BENCH")
    study = Study(oid="BENCH", global_variables=names, metadata=metadata)
    return Define(file_oid="F", creation_date_time="2024-01-31T00:00:00", context="Other", study=study)


def preview(define: Define) -> Preview:
    names = {item.oid: item.name for item in define.metadata.items}
    one = Values(1000, 12, 40, "A", "Z", tuple(Frequent(f"value {place}", 90 - place) for place in range(5)))
    return Preview(
        {
            group.name: DatasetPreview(1000, {names[ref.item_oid]: one for ref in group.items})
            for group in define.metadata.item_groups
        }
    )


def timed(work):
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


SEARCH = """
const done = arguments[arguments.length - 1], box = document.getElementById('search'), took = [];
const type = (queries) => {
  if (!queries.length) return done(took);
  const start = performance.now();
  box.value = queries[0];
  box.dispatchEvent(new Event('input'));
  document.getElementById('found').getBoundingClientRect();
  took.push(performance.now() - start);
  setTimeout(() => type(queries.slice(1)), 50);
};
type(arguments[0]);
"""
# types as soon as the page is there, before its idle time in which it is read for the search
AT_ONCE = """
document.addEventListener('DOMContentLoaded', () => {
  if (location.search !== '?at-once') return;
  const box = document.getElementById('search'), list = document.getElementById('hits');
  const start = performance.now(), told = window.told = [];
  const tell = () => { list.getBoundingClientRect(); told.push(performance.now() - start); };
  const whole = () => list.getAttribute('aria-busy') === 'false' ? tell() : setTimeout(whole, 1);
  box.value = 'b';
  box.dispatchEvent(new Event('input'));
  tell();
  whole();
});
"""
QUERIES = [
    "b",
    "ba",
    "base",
    "baseline",
    "x050",
    "x050v1",
    "x050v12",
    "t9",
    "planned actual",
    "derive x0",
    "c1001",
    "zzz",
]


def browse(page: Path, runs: int) -> None:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
        for flag in [*flags.split(), "--disable-background-networking", f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            paints, loads, took, early = [], [], [], []
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": AT_ONCE})
            for _ in range(runs):
                driver.get("about:blank")
                driver.get(page.as_uri())
                time.sleep(1)
                paints.append(
                    driver.execute_script(
                        "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
                    )
                )
                loads.append(
                    driver.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
                )
                driver.set_script_timeout(60)
                took.append(driver.execute_async_script(SEARCH, QUERIES))
                driver.get("about:blank")
                driver.get(f"{page.as_uri()}?at-once")
                time.sleep(1)
                early.append(driver.execute_script("return window.told"))
        finally:
            driver.quit()
    best = [min(one) for one in zip(*took, strict=True)]
    print(
        f"    Chromium: first paint {min(paints):.0f} ms (median of {runs}: {statistics.median(paints):.0f})"
    )
    print(f"    Chromium: loaded after {min(loads):.0f} ms (median {statistics.median(loads):.0f})")
    print(f"    search: median {statistics.median(best):.0f} ms, worst {max(best):.0f} ms of {len(best)}")
    first, complete = ([round(one) for one in column] for column in zip(*early, strict=True))
    print(
        f"    search at once: first results {min(first)} to {max(first)} ms, "
        f"all {min(complete)} to {max(complete)} ms"
    )


def stylesheet() -> etree.XSLT:
    return etree.XSLT(etree.parse(str(official_file(STYLESHEET))))


def official(sizes: list[int], options: argparse.Namespace, folder: Path) -> None:
    print("\n== official stylesheet in lxml, and the page of the same file ==")
    transform, seen = stylesheet(), []
    for size in sizes:
        define = synthetic(size, options.variables, options.terms * size // options.datasets)
        path = folder / f"small{size}.xml"
        write_define(path, define)
        theirs, _ = timed(lambda path=path: bytes(transform(etree.parse(str(path)))))
        ours, _ = timed(lambda define=define: render(define))
        megabytes = path.stat().st_size / 1e6
        seen.append((size, theirs))
        print(
            f"{size:4} datasets, {megabytes:.2f} MB: stylesheet {theirs:8.2f} s CPU, page {ours:.2f} s CPU, "
            f"ratio {theirs / ours:.0f}"
        )
    if len(seen) > 1:
        (small, first), (large, second) = seen[-2:]
        power = math.log(second / first) / math.log(large / small)
        told = second * (options.datasets / large) ** power
        more = f": about {told:.0f} s for {options.datasets} datasets" if large < options.datasets else ""
        print(f"    grows with power {power:.2f}{more}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--variables", type=int, default=30)
    parser.add_argument("--terms", type=int, default=20_000)
    parser.add_argument("--stylesheet", type=int, nargs="*", default=[25, 50, 100])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    define = synthetic(options.datasets, options.variables, options.terms)
    print(
        f"== {options.datasets} datasets, {options.datasets * options.variables:,} variables, "
        f"{options.datasets * LEVELS:,} value levels, {options.terms:,} terms =="
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        xml, page = folder / "define.xml", folder / "define.html"
        wrote, _ = timed(lambda: write_define(xml, define))
        print(f"define.xml written {wrote:8.2f} s CPU, {xml.stat().st_size / 1e6:.1f} MB")
        for title, more in (("page", {}), ("page with preview", {"preview": preview(define)})):
            took, text = timed(lambda more=more: render(define, **more))
            page.write_text(text, encoding="utf-8")
            size = page.stat().st_size / 1e6
            print(f"{title:18} {took:8.2f} s CPU, {size:.1f} MB; with define.xml {wrote + took:.2f} s")
            if shutil.which("chromium") and shutil.which("chromedriver"):
                browse(page, options.runs)
        if options.stylesheet:
            official(options.stylesheet, options, folder)


if __name__ == "__main__":
    sys.exit(main())
