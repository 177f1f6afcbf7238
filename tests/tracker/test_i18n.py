"""Kiswahili first: whole sentences, written dates, the 24-hour clock."""

from datetime import date, datetime, UTC

import pytest

from tracker.errors import NotFound
from tracker.i18n import _, format_date, format_day, format_instant, language, say, speaking


def test_kiswahili_is_spoken_unless_something_else_is_asked() -> None:
    assert (language(), _("Cancel")) == ("sw", "Ghairi")


@pytest.mark.parametrize(("code", "written"), [("sw", "30 Julai 2020"), ("en", "30 July 2020")])
def test_a_date_is_written_out(code: str, written: str) -> None:
    with speaking(code):
        assert format_date(date(2020, 7, 30)) == written


def test_a_day_has_its_name() -> None:
    assert format_day(date(2020, 7, 30)) == "Alhamisi, 30 Julai 2020"


def test_an_instant_is_shown_at_the_hour_of_east_africa() -> None:
    assert format_instant(datetime(2020, 7, 30, 5, 5, tzinfo=UTC)) == "30 Julai 2020, 08:05"


def test_an_error_says_its_sentence_in_the_language() -> None:
    with speaking("en"):
        assert say(NotFound()) == "This page or record was not found."
    assert say(NotFound()) == "Ukurasa au kumbukumbu hii haikupatikana."
