"""A few kills in the suite; the command in kills.py does many."""

from pathlib import Path

from tests.journeys import kills


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    count = kills.run(3, seed=7, folder=tmp_path)
    assert count["kills"] == 3
