"""What a study says of its submission: package.yaml and conformance.yaml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from trialkit.load import Loading, load
from trialkit.model import Model

PACKAGE, CONFORMANCE, GUIDE = "package.yaml", "conformance.yaml", "guide.yaml"  # beside study.yaml
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(B|KB|MB|GB)\s*")

M = TypeVar("M", bound=Model)


def size_of(text: object) -> int:
    """Read a size such as 4GB; a gigabyte is 1,000,000,000 bytes, so that every count of it fits.

    Raises:
        ValueError: it is no size.

    >>> size_of("4GB"), size_of("1.5 MB")
    (4000000000, 1500000)
    """
    found = SIZE.fullmatch(str(text))
    if not found:
        raise ValueError("should be a size such as 4GB")
    return int(float(found[1]) * UNITS[found[2]])


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Size: TypeAlias = Annotated[int, BeforeValidator(size_of), WithJsonSchema({"type": "string"})]
Names: TypeAlias = Annotated[list[str], BeforeValidator(_listed), WithJsonSchema(_ONE_OR_MORE)]


class Split(Model):
    """How a dataset is divided that is too large for one file."""

    by: str = Field(min_length=1, description="variable whose values say which file a record goes to")
    above: Size = Field(description="size from which it is divided, such as 4GB")


class PackageSpec(Model):
    """package.yaml: what the folders of the submission look like."""

    folder: str = Field("", description="name of the study's folder; default: the study in lower case")
    split: dict[str, Split] = Field(default={}, description="datasets that are divided, by name")


class Accepted(Model):
    """A finding that the study accepts, with its reason."""

    check: Names = Field(min_length=1, description="codes of the checks, such as CORE-000701")
    dataset: Names = Field([], description="datasets; default: any")
    variable: Names = Field([], description="variables; default: any")
    count: int | None = Field(None, ge=1, description="how many; another count is a finding of its own")
    says: str = Field("", description="what the check says, in one sentence; default: as its report says it")
    reason: str = Field(min_length=10, description="why, for the reviewer's guide")


class ConformanceSpec(Model):
    """conformance.yaml: the findings that the study accepts."""

    accept: list[Accepted] = Field(default=[], description="findings that the study accepts")


def load_optional(path: Path, model: type[M], folder: Path) -> M:
    """Load a spec file that need not be there.

    Raises:
        Refusal: with every problem of the file.

    >>> load_optional(Path("nowhere/package.yaml"), PackageSpec, Path("nowhere")).split
    {}
    """
    return load(path, model, Loading(), folder) if path.is_file() else model()
