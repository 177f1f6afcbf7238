"""Three times that are never mixed."""

from datetime import date, datetime, UTC

from flask import Flask

from tracker import clock
from tracker.clock import StoryClock


def test_the_business_date_is_that_of_east_africa() -> None:
    late = StoryClock(moment=datetime(2020, 7, 29, 21, 30, tzinfo=UTC))
    assert late.today() == date(2020, 7, 30)


def test_a_fixed_day_leaves_stamps_and_sessions_alone() -> None:
    fixed, before = StoryClock(day=date(2020, 7, 30)), clock.REAL.now()
    assert (fixed.today(), fixed.now() >= before, fixed.wall() >= before.timestamp()) == (date(2020, 7, 30), True, True)


def test_a_story_happens_at_its_moment_and_ends() -> None:
    told = StoryClock(day=date(2020, 7, 30))
    with told.at(datetime(2020, 3, 18, 6, 0, tzinfo=UTC)):
        assert told.today() == date(2020, 3, 18)
    assert told.today() == date(2020, 7, 30)


def test_an_application_has_its_own_clock(app: Flask) -> None:
    assert clock.current() is app.extensions["clock"]
