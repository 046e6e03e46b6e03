"""The review page in Firefox, from a folder."""

import pytest

pytestmark = pytest.mark.browser


def test_page_works_in_firefox(firefox, sdtm):
    firefox.open(sdtm)
    rows = "return [...document.querySelectorAll('.ds .v')].filter((one) => one.checkVisibility()).length"
    assert firefox.run(rows) == firefox.run("return document.querySelectorAll('.ds .v').length") > 100
    firefox.press("/glucose")
    firefox.until("return document.querySelectorAll('#hits li').length > 1")
    assert "Glucose" in firefox.run("return document.querySelector('#hits').textContent")
    firefox.press("\ue007")
    firefox.until("return location.hash.startsWith('#codelist/')")
    firefox.until("return document.querySelector('tr.here')?.textContent.includes('lucose')")
    complaints = [one for one in firefox.said if one.get("method") == "log.entryAdded"]
    assert [one["params"]["text"] for one in complaints if one["params"]["level"] in ("warn", "error")] == []
    asked = [one for one in firefox.said if one.get("method") == "network.beforeRequestSent"]
    urls = {one["params"]["request"]["url"].partition("#")[0] for one in asked}
    assert {url for url in urls if not url.startswith("data:")} <= {sdtm}


def test_deep_link_in_firefox(firefox, sdtm):
    firefox.open(f"{sdtm}#variable/IG.VS/IT.VS.VSTESTCD")
    firefox.until(
        "const box = document.getElementById('variable/IG.VS/IT.VS.VSTESTCD').getBoundingClientRect();"
        "return 0 < box.top && box.top < innerHeight"
    )
