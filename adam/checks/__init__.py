"""What only ADaM checks of a finished dataset."""

from __future__ import annotations

from trialkit.checks.hooks import StandardChecks

# ADaMIG 1.3, section 3: a required variable must be in the dataset; null values are allowed but for these.
ADAM_CHECKS = StandardChecks(filled=frozenset({"STUDYID", "USUBJID", "PARAM", "PARAMCD"}))
