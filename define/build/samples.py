"""The described datasets of the sample study, for examples and tests."""

from __future__ import annotations

from define.build.package import Package, open_package
from trialkit.samples import sample_folder, sample_result, sample_standard


def sample_package() -> Package:
    """Open the datasets of the sample study, which are built once.

    >>> [one.name for one in sample_package().datasets]
    ['DM', 'EX', 'VS']
    """
    sample_result()
    return open_package(sample_folder(), sample_folder() / "build" / "sdtm", sample_standard())
