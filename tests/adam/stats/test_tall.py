"""Products in pieces are those in one."""

import numpy as np
import pytest

from adam.stats.tall import gram, upper


@pytest.mark.parametrize("rows", [1, 3, 63, 64, 65, 4096, 5001])
def test_pieces_give_the_whole(rows):
    columns = np.random.default_rng(rows).normal(size=(rows, 4)) * [1, 1e3, 1e-3, 1]
    np.testing.assert_allclose(gram(columns), columns.T @ columns, rtol=1e-9, atol=1e-9)
    r = upper(columns)
    assert r.shape == (4, 4)
    np.testing.assert_allclose(r.T @ r, columns.T @ columns, rtol=1e-9, atol=1e-9)
    assert not np.tril(r, -1).any()
