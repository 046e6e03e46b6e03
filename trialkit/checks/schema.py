"""The pandera schema of a dataset, made from its spec, the implementation guide and the terminology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialkit.built import Built, Meta
from trialkit.checks import iso, terms, values
from trialkit.checks.review import Review
from trialkit.checks.subjects import known_subject
from trialkit.checks.validation import load_pandera
from trialkit.checks.values import ValueCheck
from trialkit.context import Store
from trialkit.standard import Standard

if TYPE_CHECKING:
    import pandera.pandas as pa


def value_checks(review: Review, meta: Meta, standard: Standard) -> list[ValueCheck]:
    """Give all checks of the values of one variable.

    >>> from trialkit.samples import sample_review, sample_standard
    >>> vs = sample_review("VS", VSDTC=["2021"])
    >>> made = value_checks(vs, vs.built.metas["VSDTC"], sample_standard())
    >>> [check.kind.code for check in made if not check.passes("2021-02-30 ")]
    ['XPT-008', 'CHECK-120']
    """
    own = standard.checks
    added = [*own.values(review.built, meta, review.store)]
    replaced = any(review.has(name) for name in own.instead.get(meta.name, ()))
    free = own.filled is not None and meta.name not in own.filled
    null = [] if replaced or free else values.required(meta)
    if meta.type == "Num":
        return [*null, *values.numbers(), *added]
    facts = standard.facts_of(review.built.spec)
    fact = facts.find(meta.name) if facts else None
    codelists = terms.known(meta, review.store.terms)
    return [
        *null,
        *values.texts(meta),
        *terms.in_codelists(codelists, own.sanctioned.get(meta.name, ()), result=meta.role == terms.RESULT),
        *terms.listed(meta.name, fact.values if fact else ()),
        *iso.dates(meta, review.store.cutoff),
        *known_subject(review, meta),
        *added,
    ]


def column_of(meta: Meta, checks: list[ValueCheck]) -> pa.Column:
    """Make the pandera column of a variable; a missing text is empty, a missing number NaN.

    >>> column_of(age := Meta("AGE", "Age", "Num", core="Req"), values.required(age)).nullable
    False
    """
    text = meta.type == "Char"
    said: dict[str, Any] = {
        "type": meta.type,
        "length": meta.length,
        "core": meta.core,
        "codelists": list(meta.codelists),
        "values": meta.described,
        "checks": {check.kind.code: check.what for check in checks},
    }
    column: pa.Column = load_pandera().Column(
        str if text else float,
        [check.as_pandera() for check in checks if text or check.kind is not values.NULL],
        nullable=text or values.NULL not in [check.kind for check in checks],
        title=meta.label,
        metadata={key: value for key, value in said.items() if value},
    )
    return column


def schema_of(built: Built, store: Store, standard: Standard) -> pa.DataFrameSchema:
    """Make the pandera schema of a finished dataset, to print, export or run elsewhere.

    It validates a pandas table of the dataset's records: texts as ``str`` or object columns
    with "" for missing, numbers as float64. The names of its checks are the codes of the
    problems. The metadata of its columns say all of it as plain data: type, length, core,
    codelists and checks; ``schema.get_metadata()`` gives them for export.

    Args:
        built: the dataset.
        store: terminology, study and the other datasets.
        standard: what it follows.

    >>> from trialkit.samples import sample_review, sample_standard
    >>> vs = sample_review("VS", VSTESTCD=["TEMP"], VSSTRESN=[36.5])
    >>> schema = schema_of(vs.built, vs.store, sample_standard())
    >>> schema.columns["VSTESTCD"].metadata["codelists"], str(schema.columns["VSSTRESN"].dtype)
    (['VSTESTCD'], 'float64')
    """
    review = Review(built, store)
    keys = [name for name in built.spec.keys if name in built.metas]
    schema: pa.DataFrameSchema = load_pandera().DataFrameSchema(
        {name: column_of(meta, value_checks(review, meta, standard)) for name, meta in built.metas.items()},
        unique=keys or None,
        strict=True,
        ordered=True,
        name=built.name,
        title=built.dataset.label,
    )
    return schema
