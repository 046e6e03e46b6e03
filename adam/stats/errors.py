"""Why a model gives no numbers: one class per condition, each with a stable code."""

from typing import ClassVar


class FitError(Exception):
    """A model that cannot be fitted, or whose fit cannot be trusted; nothing is reported from it.

    `condition` is a stable code for tables, the message says what was found.

    >>> try:
    ...     raise SingularFitError("the variance of random effect 2 is 0")
    ... except FitError as error:
    ...     print(error.condition, "-", error)
    singular - the variance of random effect 2 is 0
    """

    condition: ClassVar[str] = "failed"


class BadInputError(FitError):
    """The arrays don't belong together, or hold values that are not finite numbers.

    >>> BadInputError.condition
    'bad-input'
    """

    condition: ClassVar[str] = "bad-input"


class RankDeficientError(FitError):
    """Columns of the fixed or of the random design are linear combinations of others.

    >>> RankDeficientError.condition
    'rank-deficient'
    """

    condition: ClassVar[str] = "rank-deficient"


class NoVariationError(FitError):
    """Nothing is left over for the residual variance, so it cannot be estimated.

    >>> NoVariationError.condition
    'no-variation'
    """

    condition: ClassVar[str] = "no-variation"


class CovarianceError(FitError):
    """The random effects ask more than the data hold; a simpler structure may fit.

    >>> issubclass(SingularFitError, CovarianceError)
    True
    """

    condition: ClassVar[str] = "covariance"


class TooFewDataError(CovarianceError):
    """There are too few observations or subjects for the number of covariance parameters.

    >>> TooFewDataError.condition
    'too-few-data'
    """

    condition: ClassVar[str] = "too-few-data"


class SingularFitError(CovarianceError):
    """The estimate lies on the boundary: a variance of 0, or a correlation of 1 or -1.

    >>> SingularFitError.condition
    'singular'
    """

    condition: ClassVar[str] = "singular"


class NotConvergedError(CovarianceError):
    """The optimum was not reached, or it is not a strict one.

    >>> NotConvergedError.condition
    'not-converged'
    """

    condition: ClassVar[str] = "not-converged"


class NoInferenceError(FitError):
    """A contrast that cannot be tested: no variance, dependent rows, or no degrees of freedom.

    >>> NoInferenceError.condition
    'no-inference'
    """

    condition: ClassVar[str] = "no-inference"
