"""Checks between the parts of a split domain (SDTMIG 3.4, section 4.1.7)."""

from __future__ import annotations

import numpy as np

from sdtm.checks.related import parents
from trialkit.checks.review import Review
from trialkit.match import match
from trialkit.problems import Kind, Problem

IN_OTHER_PART = Kind(
    "CHECK-236",
    "sequence number is used in another part of the domain",
    "Begin the numbers of one part above those of the other: `sequence` with `start`.",
)


def parts(review: Review) -> list[Problem]:
    """Find sequence numbers of a subject that another part of the domain has too; each pair is said once.

    >>> from trialkit.samples import sample_records, sample_review, sample_store
    >>> store = sample_store(LB=sample_records("LB", DOMAIN=["LB"], USUBJID=["1"], LBSEQ=[1.0]))
    >>> lbch = sample_review("LBCH", store, DOMAIN=["LB", "LB"], USUBJID=["1", "1"], LBSEQ=[1.0, 2.0])
    >>> [(one.what, one.count) for one in parts(lbch)]
    [('LBSEQ is used for the subject in another dataset of LB', 1)]
    """
    name, who = f"{review.domain}SEQ", review.subject
    if not review.has("DOMAIN", name, who):
        return []
    taken = np.zeros(review.count, bool)
    for other in parents(review, review.domain, before=review.built.name):
        if {name, who} <= set(other.columns):
            keys = [review.column(who), review.column(name)]
            theirs = [other.columns[who], other.columns[name]]
            taken |= match(keys, review.count, theirs, other.count).count > 0
    what = f"{name} is used for the subject in another dataset of {review.domain}"
    return review.problems(IN_OTHER_PART, what, name, taken)
