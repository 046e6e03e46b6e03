"""Browsers for the tests: Chromium by its driver, Firefox by its own remote protocol."""

import itertools
import json
import re
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from define.html.page import render
from define.read import read_define
from trialkit.problems import Problems

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = (1280, 900), (360, 740)


@pytest.fixture
def server():
    """Listen on a port of this machine; gives its address and what was asked of it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *values):
            pass

    # a browser may open a connection and ask nothing
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.block_on_close = False
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}", asked
        made.shutdown()


def needed(program):
    found = shutil.which(program)
    return found or pytest.skip(f"{program} is not installed")


class Chromium:
    """A page of Chromium, and what is asked of it."""

    def __init__(self, driver):
        self.driver = driver

    def run(self, script, *values):
        return self.driver.execute_script(script, *values)

    def cdp(self, name, **values):
        return self.driver.execute_cdp_cmd(name, values)

    def size(self, width, height, scheme="light"):
        phone = width < 500
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url, size=DESKTOP, scheme="light"):
        self.driver.get("about:blank")  # so that a link into the page that is open loads it anew
        self.logs()
        self.size(*size, scheme)
        self.driver.get(url)
        return self

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def seen(self, selector):
        return [element for element in self.all(selector) if element.is_displayed()]

    def keys(self, *keys):
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def hash(self):
        return self.run("return location.hash")

    def until(self, script, *values, seconds=10):
        end = time.monotonic() + seconds
        while not (found := self.run(script, *values)):
            assert time.monotonic() < end, f"not within {seconds} s: {script}"
            time.sleep(0.03)
        return found

    def in_view(self, identifier):
        """Wait until an element stands between the bar and the end of the window."""
        script = (
            "const box = document.getElementById(arguments[0]).getBoundingClientRect();"
            "return box.height > 0 && box.top >= document.querySelector('.bar').offsetHeight - 1"
            " && box.top < innerHeight"
        )
        return self.until(script, identifier)

    def logs(self):
        return self.driver.get_log("browser")

    def requests(self):
        messages = [json.loads(one["message"])["message"] for one in self.driver.get_log("performance")]
        sent = [one["params"] for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [one["request"]["url"] for one in sent]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = needed("chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(needed("chromedriver")))
    yield Chromium(driver)
    driver.quit()


class Firefox:
    """A page of Firefox, by WebDriver BiDi, which needs no driver program."""

    def __init__(self, socket):
        self.socket = socket
        self.numbers = itertools.count(1)
        self.said = []
        self.call("session.new", capabilities={})
        self.page = self.call("browsingContext.getTree")["contexts"][0]["context"]
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def call(self, method, **params):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]
            self.said.append(answer)

    def open(self, url):
        self.call("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def run(self, script):
        target = {"context": self.page}
        body = f"JSON.stringify((() => {{ {script} }})())"
        found = self.call("script.evaluate", expression=body, target=target, awaitPromise=True)
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def until(self, script, seconds=10):
        end = time.monotonic() + seconds
        while not (found := self.run(script)):
            assert time.monotonic() < end, f"not within {seconds} s: {script}"
            time.sleep(0.05)
        return found

    def press(self, text):
        keys = [
            one
            for key in text
            for one in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})
        ]
        actions = [{"type": "key", "id": "keyboard", "actions": keys}]
        self.call("input.performActions", context=self.page, actions=actions)


@pytest.fixture(scope="session")
def firefox(tmp_path_factory):
    websocket = pytest.importorskip("websocket")
    profile = tmp_path_factory.mktemp("firefox")
    command = [needed("firefox-esr"), "--headless", "--remote-debugging-port=0", "--no-remote"]
    said = profile / "said.txt"  # no pipe: one that nobody reads any more would stop it when full
    with said.open("w") as out:
        process = subprocess.Popen([*command, "--profile", str(profile)], stderr=out, stdout=out)
    try:
        socket = websocket.create_connection(f"{listening(said)}/session", timeout=60, suppress_origin=True)
        yield Firefox(socket)
        socket.close()
    finally:
        process.terminate()
        process.wait(30)


def listening(said, seconds=60):
    """Wait until Firefox has told its address."""
    end = time.monotonic() + seconds
    while not (found := re.search(r"BiDi listening on (ws://\S+)\n", said.read_text("utf-8", "replace"))):
        assert time.monotonic() < end, f"Firefox does not listen after {seconds} s"
        time.sleep(0.1)
    return found[1]


@pytest.fixture(scope="session")
def file_of(tmp_path_factory):
    """Write the page of a model; gives its address in a folder."""
    folder = tmp_path_factory.mktemp("pages")
    numbers = itertools.count(1)

    def write(define, **more):
        path = folder / f"{next(numbers)}.html"
        path.write_text(render(define, **more), encoding="utf-8")
        return path.as_uri()

    return write


@pytest.fixture(scope="session")
def pages(reference, file_of):
    """Give the addresses of the pages of the public files."""
    files = sorted((reference / "define").glob("*.xml"))
    return {path.stem: file_of(read_define(path, Problems())) for path in files}


@pytest.fixture(scope="session")
def sdtm(pages):
    return pages["official21_sdtm"]


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """Give the text of axe-core, which npm installs."""
    folder = tmp_path_factory.mktemp("axe")
    command = [
        needed("npm"),
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=1",
        "--prefix",
        str(folder),
        "axe-core@4",
    ]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("npm cannot install axe-core")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
