"""Profiles: what differs when the same specs are built for another version of the standard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from trialkit.load import Loading, load
from trialkit.model import Model
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.rule import RecordRule, Step, find_rules
from trialkit.rules.records import Stack
from trialkit.spec import DatasetSpec, Supplemental, Variable
from trialkit.study import Study
from trialkit.terms import SponsorCodelist

NO_PROFILE = Kind("STUDY-006", "unknown profile", "Name a file of profiles/ without .yaml.", exit=Exit.SPEC)
NO_TARGET = Kind(
    "STUDY-007",
    "a profile changes what is not there",
    "Name a dataset and variables that have a spec.",
    exit=Exit.SPEC,
)
FOLDER = "profiles"


class DatasetChanges(Model):
    """What a profile changes in one dataset.

    >>> DatasetChanges(drop=["SVPRESP"]).working
    False
    """

    working: bool = Field(False, description="the dataset is made for others and not published")
    drop: list[str] = Field([], description="variables and supplemental qualifiers that are not published")
    branches: list[list[Step]] = Field([], description="further records, stacked below the dataset's own")
    variables: dict[str, Variable] = Field({}, description="variables that are added or take another's place")
    supplemental: dict[str, Supplemental] = Field({}, description="supplemental qualifiers that are added")
    keys: list[str] = Field([], description="other keys")


class Profile(Model):
    """profiles/NAME.yaml: the documented differences from the specs, and what is not claimed.

    >>> Profile(title="SDTMIG 3.3 layout", claim="None.", datasets={"CP": {"working": True}}).title
    'SDTMIG 3.3 layout'
    """

    title: str = Field(min_length=1, description="what the profile is for")
    claim: str = Field(min_length=1, description="what is claimed of the result, and what is not")
    codelists: dict[str, SponsorCodelist] = Field({}, description="terms that only the profile needs")
    datasets: dict[str, DatasetChanges] = Field(min_length=1, description="changes by dataset")


def load_profile(study: Study, name: str, rules: tuple[str, ...]) -> Profile:
    """Read a profile of a study.

    Raises:
        Refusal: STUDY-006 for an unknown name, or every problem of the file.

    >>> from trialkit.samples import sample_study
    >>> load_profile(sample_study(), "sdtmig-3.3", ())
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-006 there is no profile 'sdtmig-3.3'. None is known.
    """
    known = {path.stem: path for path in sorted((study.folder / FOLDER).glob("*.yaml"))}
    if name not in known:
        hint = did_you_mean(name, known)
        raise Refusal([Problem(NO_PROFILE, f"there is no profile '{name}'", hint=hint)])
    loading = Loading(rules=dict(find_rules(rules)), texts=study.texts)
    return load(Path(known[name]), Profile, loading, study.folder)


def changed(study: Study, profile: Profile) -> Study:
    """Give the study with a profile's changes.

    Raises:
        Refusal: STUDY-007 for every dataset and variable that is not there.

    >>> from trialkit.samples import sample_study
    >>> profile = Profile(title="Small", claim="None.", datasets={"VS": {"drop": ["VSLOBXFL"]}})
    >>> changed(sample_study(), profile).datasets["VS"].variables["VSLOBXFL"].working
    True
    """
    problems = Problems()
    datasets = dict(study.datasets)
    for name, changes in profile.datasets.items():
        if name in datasets:
            _unknown(changes.drop, datasets[name], changes, problems)
            datasets[name] = _changed(datasets[name], changes)
        else:
            _missing(f"there is no dataset {name}", name, datasets, profile.place("datasets"), problems)
    problems.refuse()
    codelists = {**study.spec.codelists, **profile.codelists}
    return replace(study, datasets=datasets, spec=study.spec.model_copy(update={"codelists": codelists}))


def _unknown(names: Iterable[str], spec: DatasetSpec, changes: DatasetChanges, problems: Problems) -> None:
    known = {**spec.variables, **spec.supplemental}
    for name in names:
        if name not in known:
            _missing(f"{spec.dataset} has no {name}", name, known, changes.place("drop"), problems)


def _missing(what: str, name: str, known: Iterable[str], place: Place, problems: Problems) -> None:
    problems.add(Problem(NO_TARGET, what, place, hint=did_you_mean(name, known)))


def _changed(spec: DatasetSpec, changes: DatasetChanges) -> DatasetSpec:
    gone = set(changes.drop)
    made = {**spec.variables, **changes.variables}
    # what is left out is still there for the rules and checks of other variables
    variables = {
        key: one.model_copy(update={"working": True}) if key in gone else one for key, one in made.items()
    }
    added = {**spec.supplemental, **changes.supplemental}
    return spec.model_copy(
        update={
            "working": spec.working or changes.working,
            "records": _stacked(spec.records, changes.branches),
            "variables": variables,
            "supplemental": {key: one for key, one in added.items() if key not in gone},
            "keys": changes.keys or [key for key in spec.keys if key not in gone],
            "sort": [key for key in spec.sort if key not in gone],
        }
    )


def _stacked(records: list[RecordRule], branches: list[list[RecordRule]]) -> list[RecordRule]:
    """Put further branches below the records as they are before the other steps see them."""
    if not branches:
        return records
    first = records[0]
    own = first.branches if isinstance(first, Stack) else [[first]]
    return [Stack.model_validate({"stack": [*own, *branches]}), *records[1:]]
