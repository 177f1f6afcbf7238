"""How long a session holds, and what of a checklist is ready: by hand."""

from datetime import date

import pytest

from tracker.safety import rules
from tracker.safety.rules import Held, Ready, Standing

HELD = date(2020, 6, 1)


@pytest.mark.parametrize(
    ("valid_days", "on", "is_valid"),
    [
        (30, date(2020, 5, 31), False),  # before it was held
        (30, HELD, True),
        (30, date(2020, 7, 1), True),  # the thirtieth day after it: June has 30 days
        (30, date(2020, 7, 2), False),
        (0, HELD, True),
        (0, date(2020, 6, 2), False),
        (None, date(2030, 1, 1), True),
    ],
)
def test_a_session_holds_on_its_day_and_so_many_days_after(valid_days: int | None, on: date, is_valid: bool) -> None:
    assert Held(HELD, valid_days).is_valid(on) is is_valid


def test_the_session_that_holds_longest_counts() -> None:
    long, short = Held(HELD, 90), Held(date(2020, 7, 1), 30)
    assert rules.best([short, long], date(2020, 7, 2)) == long  # 30 August against 31 July
    assert rules.best([short, long, Held(HELD)], date(2020, 7, 2)) == Held(HELD)
    assert rules.best([short], date(2020, 6, 30)) is None


@pytest.mark.parametrize(
    ("held", "on", "standing"),
    [
        (None, date(2020, 6, 1), Standing.NEVER),
        (Held(HELD, 30), date(2020, 6, 16), Standing.VALID),  # 15 days left
        (Held(HELD, 30), date(2020, 6, 17), Standing.RUNS_OUT),  # 14
        (Held(HELD, 30), date(2020, 7, 1), Standing.RUNS_OUT),
        (Held(HELD, 30), date(2020, 7, 2), Standing.EXPIRED),
        (Held(HELD), date(2040, 1, 1), Standing.VALID),
    ],
)
def test_how_somebody_stands(held: Held | None, on: date, standing: Standing) -> None:
    assert rules.standing(held, on) == standing


def test_what_is_not_needed_is_not_waited_for() -> None:
    answers = {"water": "yes", "masks": "partly", "distances": "no", "isolation_room": "not_needed", "newer": "perhaps", "gone": "yes"}
    found = rules.readiness(["water", "masks", "distances", "isolation_room", "newer", "sanitizer"], answers)
    assert (found, found.all, found.is_ready) == (Ready(1, 1, 2, 1), 5, False)


def test_a_checklist_with_nothing_left_is_ready() -> None:
    assert rules.readiness(["water", "masks"], {"water": "yes", "masks": "not_needed"}).is_ready
    assert rules.readiness([], {}).is_ready
