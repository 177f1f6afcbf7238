"""Nothing comes of what was forged, predicted, stolen or out of scope. `python -m tests.sync.forged` makes many more attempts."""

import pytest

from sync import rights
from sync.schema import Table
from tests.sync import forged


def test_nothing_forged_is_folded() -> None:
    came_to = forged.run(300, 1)
    assert {kind for kind, _ in came_to} == {kind.__name__ for kind in forged.KINDS}


def test_a_fold_that_asked_for_no_right_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = forged.Trial()

    def anybody_may(_roles: frozenset[str], _table: Table) -> bool:
        return True

    monkeypatch.setattr(rights, "may_write", anybody_may)
    with pytest.raises(AssertionError, match="became"):
        [trial.run(seed) for seed in range(1, 30)]
