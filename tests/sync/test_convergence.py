"""Random histories: whatever the order, the copies, the clocks and the cuts, equal sets of segments are equal registers.

`python -m tests.sync.simulate --histories 10000` runs many more.
"""

import pytest

from tests.sync import simulate


@pytest.mark.parametrize("first", range(1, 41, 5))
def test_histories_end_in_equal_registers(first: int) -> None:
    for seed in range(first, first + 5):
        result = simulate.attempt(seed)
        assert not isinstance(result, str), result
