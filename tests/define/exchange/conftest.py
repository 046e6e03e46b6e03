"""A small study that is built, and what its define says."""

import pytest
from click.testing import CliRunner

from define.build.describe import Asked
from define.exchange.export import define_of
from trialkit.cli import cli
from trialkit.starter import start_study

LEVELS = """
    value_level:
      - when: VSTESTCD == 'TEMP'
        comment: By an ear thermometer.
        origin: {type: Collected, source: Vendor}
"""


def call(*arguments):
    """Run a command in this process; gives its exit code and what it printed."""
    made = CliRunner().invoke(cli, [str(one) for one in arguments], standalone_mode=False)
    if made.exception is not None and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made.return_value, made.output


@pytest.fixture(scope="session")
def run():
    return call


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Give a folder with specs/ and build/ of the small study, with a value level of its own."""
    folder = tmp_path_factory.mktemp("exchange")
    start_study(folder / "specs")
    spec = folder / "specs" / "sdtm" / "vs.yaml"
    text = spec.read_text("utf-8")
    assert "  VSORRES: RESULT\n" in text
    spec.write_text(text.replace("  VSORRES: RESULT\n", f"  VSORRES:\n    copy: RESULT{LEVELS}"), "utf-8")
    call("sdtm", folder / "specs", "--raw", folder / "specs" / "raw", "--out", folder / "build")
    return folder


@pytest.fixture(scope="session")
def described(study):
    """Give the define of the small study."""
    return define_of(Asked(study / "specs", "sdtm", study / "build" / "sdtm", None, study / "specs" / "raw"))
