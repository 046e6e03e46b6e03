"""What only SDTM checks of a finished dataset."""

from __future__ import annotations

from sdtm.checks.days import starts_and_ends, study_days
from sdtm.checks.demographics import demographics
from sdtm.checks.design import dependent_values
from sdtm.checks.names import names
from sdtm.checks.parts import parts
from sdtm.checks.phenotypes import phenotypes
from sdtm.checks.related import related
from sdtm.checks.results import results
from sdtm.checks.values import value_checks
from trialkit.built import Built
from trialkit.checks.hooks import StandardChecks
from trialkit.checks.iso import DATE
from trialkit.checks.review import Review
from trialkit.context import Store
from trialkit.problems import Problem

PARTS = (
    names, study_days, starts_and_ends, results, phenotypes, demographics, related, parts, dependent_values,
)  # fmt: skip


def record_checks(built: Built, store: Store) -> list[Problem]:
    """Find problems that concern several variables, records or datasets.

    >>> from trialkit.samples import sample_review
    >>> dm = sample_review("DM", AGE=[63.0], AGEU=[""])
    >>> [one.what for one in record_checks(dm.built, dm.store)]
    ['age and its unit do not stand together']
    """
    review = Review(built, store)
    return [problem for part in PARTS for problem in part(review)]


def value_domain(name: str) -> str:
    """Say what a variable that the guide does not list holds, by its name (SDTMIG 3.4, section 4.4).

    >>> value_domain("XXDTC"), value_domain("XXTERM")
    ('ISO 8601 datetime', '')
    """
    return DATE if name.endswith("DTC") else ""


# SDTMIG 3.4, 5.2: RACE is MULTIPLE for a subject of several races, although its codelist is closed.
# SDTMIG 3.4, 8.2: a pool or a device may take the place of the subject.
SDTM_CHECKS = StandardChecks(
    value_checks,
    record_checks,
    {"RACE": frozenset({"MULTIPLE"})},
    {"USUBJID": ("POOLID", "SPDEVID")},
    value_domain,
)
