"""Periods."""

from datetime import date

import pytest

from tracker.overview.rules import period, PeriodKind

TODAY = date(2020, 7, 30)


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (PeriodKind.MONTH, date(2020, 7, 1)),
        (PeriodKind.TERM, date(2020, 6, 1)),
        (PeriodKind.YEAR, date(2020, 1, 1)),
        (PeriodKind.FISCAL, date(2020, 7, 1)),
    ],
)
def test_a_period_begins_where_its_name_says_and_ends_today(kind: PeriodKind, first: date) -> None:
    found = period(kind, TODAY, reopened=date(2020, 6, 1))
    assert (found.first, found.last) == (first, TODAY)


def test_the_fiscal_year_of_june_began_in_the_july_before() -> None:
    assert period(PeriodKind.FISCAL, date(2020, 6, 30)).first == date(2019, 7, 1)


def test_days_to_come_are_in_no_period() -> None:
    found = period(PeriodKind.CUSTOM, TODAY, first=date(2020, 7, 1), last=date(2020, 12, 31))
    assert (found.first, found.last) == (date(2020, 7, 1), TODAY)


def test_an_open_end_is_today_and_an_open_begin_is_the_new_year() -> None:
    found = period(PeriodKind.CUSTOM, TODAY)
    assert (found.first, found.last) == (date(2020, 1, 1), TODAY)
