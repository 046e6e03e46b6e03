"""The review page in Firefox, from a folder."""

import time

import pytest

pytestmark = pytest.mark.browser


def test_page_works_in_firefox(firefox, sdtm):
    firefox.open(sdtm)
    rows = "return [...document.querySelectorAll('.ds .v')].filter((one) => one.checkVisibility()).length"
    assert firefox.run(rows) == firefox.run("return document.querySelectorAll('.ds .v').length") > 100
    firefox.press("/glucose")
    end = time.monotonic() + 10
    while (
        not firefox.run("return document.querySelectorAll('#hits li').length > 1") and time.monotonic() < end
    ):
        time.sleep(0.05)
    assert "Glucose" in firefox.run("return document.querySelector('#hits').textContent")
    firefox.press("\ue007")
    time.sleep(0.5)
    assert firefox.run("return location.hash").startswith("#codelist/")
    assert firefox.run("return document.querySelector('tr.here').textContent.includes('lucose')")
    complaints = [one for one in firefox.said if one.get("method") == "log.entryAdded"]
    assert [one["params"]["text"] for one in complaints if one["params"]["level"] in ("warn", "error")] == []
    asked = [one for one in firefox.said if one.get("method") == "network.beforeRequestSent"]
    urls = {one["params"]["request"]["url"].partition("#")[0] for one in asked}
    assert {url for url in urls if not url.startswith("data:")} <= {sdtm}


def test_deep_link_in_firefox(firefox, sdtm):
    firefox.open(f"{sdtm}#variable/IG.VS/IT.VS.VSTESTCD")
    time.sleep(0.3)
    box = firefox.run(
        "const box = document.getElementById('variable/IG.VS/IT.VS.VSTESTCD').getBoundingClientRect();"
        "return [box.top, innerHeight]"
    )
    assert 0 < box[0] < box[1]
