"""Small ready things to try others on."""

from __future__ import annotations

from define.acrf.content import Writer
from define.acrf.forms import headers_of, load_forms
from define.acrf.known import Trace, Value
from define.acrf.mapped import Mapped
from define.acrf.paths import Path
from trialkit.own import standard_of
from trialkit.samples import sample_study


def sample_scope(**columns: str) -> Path:
    """Make a scope of raw columns, each with its source.

    >>> [one.source for one in sample_scope(SEX="SUBJ").value("SEX").traces]
    ['SUBJ']
    """
    made = {name: Value(frozenset({Trace(source, name)})) for name, source in columns.items()}
    return Path(Mapped(sample_study(), {}), made)


class _AnySource(Mapped):
    """Tables of which every unknown one is a raw source with every column."""

    def column(self, table: str, name: str) -> Value:
        return Value(frozenset({Trace(table, name)}))


def sample_tables() -> Mapped:
    """Make tables of which every unknown one is a raw source.

    >>> sample_tables().column("SUBJ", "SEX").traces
    frozenset({Trace(source='SUBJ', column='SEX', recoded=False, picked='')})
    """
    return _AnySource(sample_study(), {})


def sample_writer() -> Writer:
    """Make a writer of the forms of the sample study.

    >>> list(sample_writer().headers)
    ['SUBJECTS', 'DOSING', 'VITALS']
    """
    study = sample_study()
    headers = headers_of(study, study.folder / "raw")
    return Writer(Mapped(study, headers), headers, load_forms(study, headers), standard_of("sdtm", "3.4"))
