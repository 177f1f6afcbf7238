"""A clock that is wrong by years: a banner says so, work and sync go on, and nobody's session is lost or lasts for ever."""

from datetime import datetime, UTC

import pytest

from tests.conftest import Browser, MORNING, PinnedClock
from tests.country import Country, country
from tests.make import Make
from tests.tracker.commands import Terminal, terminal
from tracker import clock as clocks
from tracker import replication
from tracker.attendance.models import Mark
from tracker.db import db
from tracker.replication.dates import BUILT_S, DAY_S, is_doubtful

__all__ = ["country", "terminal"]
YEAR_S = 365 * DAY_S
NOW = int(MORNING.timestamp())
OFFSETS = {
    "ten years back": -10 * YEAR_S,
    "ten years ahead": 10 * YEAR_S,
    "1970": -NOW + 60,
    "2106": int(datetime(2106, 2, 7, tzinfo=UTC).timestamp()) - NOW,
}
LOOKS_WRONG = "The date of this computer looks wrong"


@pytest.mark.parametrize(
    ("now", "newest", "confirmed", "doubtful"),
    [
        (NOW, None, None, False),
        (BUILT_S - 1, None, None, True),
        (BUILT_S + 11 * YEAR_S, None, None, True),
        (NOW, NOW, None, False),
        (NOW - DAY_S, NOW, None, False),
        (NOW - DAY_S - 1, NOW, None, True),
        (NOW + YEAR_S, NOW, None, False),
        (NOW + 3 * YEAR_S, NOW, None, True),
        (NOW + 20 * YEAR_S, NOW + 20 * YEAR_S - 9, None, False),
        (NOW, BUILT_S - 6 * YEAR_S, None, False),
        (NOW, NOW + 80 * YEAR_S, NOW, False),
        (NOW + 31 * DAY_S, NOW + 80 * YEAR_S, NOW, True),
        (NOW - 2 * DAY_S, NOW + 80 * YEAR_S, NOW, True),
    ],
)
def test_a_clock_is_doubted(now: int, newest: int | None, confirmed: int | None, doubtful: bool) -> None:
    assert is_doubtful(now, newest, confirmed) == doubtful


@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS.keys())
def test_a_wrong_date_is_said_on_every_page_and_stops_nobody(offset: int, client: Browser, make: Make, clock: PinnedClock) -> None:
    make.apprentice("Asha Juma")
    client.sign_in("amina")
    assert LOOKS_WRONG not in client.get("/people/").text
    clock.set_by_s = offset
    for url in ("/people/", "/attendance/", "/nowhere"):
        assert LOOKS_WRONG in client.get(url).text
    assert "Tarehe ya kompyuta hii inaonekana si sahihi" in client.get("/people/?lang=sw").text
    assert make.apprentice("Neema Mushi").id


def test_the_banner_is_there_before_anybody_signs_in(client: Browser, clock: PinnedClock) -> None:
    clock.set_by_s = OFFSETS["1970"]
    assert LOOKS_WRONG in client.get("/accounts/sign-in").text


def test_a_person_who_says_that_the_date_is_right_is_believed_for_a_month(client: Browser, make: Make, clock: PinnedClock) -> None:
    """One laptop with a wrong clock must not make all others warn for ever."""
    clock.set_by_s = OFFSETS["2106"]
    make.apprentice("Asha Juma")
    clock.set_by_s = 0
    client.sign_in("amina")
    assert LOOKS_WRONG in client.get("/people/").text
    client.send("/nodes/date")
    assert LOOKS_WRONG not in client.get("/people/").text
    clock.set_by_s = 31 * DAY_S
    assert LOOKS_WRONG in client.get("/people/").text


@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS.keys())
def test_setting_the_clock_ends_no_session_and_prolongs_none(offset: int, client: Browser, clock: PinnedClock) -> None:
    client.sign_in("amina")
    clock.set_by_s = offset
    assert client.get("/people/").status_code == 200
    clock.wall_s += 29 * 60
    assert client.get("/people/").status_code == 200
    clock.wall_s += 31 * 60
    assert client.get("/people/").status_code == 302


@pytest.mark.parametrize("offset", [-10 * YEAR_S, 10 * YEAR_S])
def test_a_process_that_starts_by_another_clock_asks_to_sign_in_again(offset: int, client: Browser, clock: PinnedClock) -> None:
    client.sign_in("amina")
    clock.wall_s += offset
    assert client.get("/people/").status_code == 302


def test_steady_time_does_not_follow_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clocks.REAL.steady()
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert 0 <= clocks.REAL.steady() - before < 60


@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS.keys())
def test_a_laptop_with_a_wrong_clock_syncs_both_ways(offset: int, country: Country) -> None:
    country.first.clock.set_by_s = offset
    with country.first.on() as make:
        make.apprentice("Asha Juma")
    with country.second.on() as make:
        make.apprentice("Neema Mushi")
    for laptop in (country.first, country.second, country.first):
        laptop.sync()
    for machine in (country.first, country.second):
        with machine.on() as make:
            assert db.session.query(Mark).count() == 0
            assert replication.quarantined() == {}
            assert sum(each.pending for each in replication.status()) == 0


def test_the_command_line_says_that_the_date_looks_wrong(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.centre()
    assert LOOKS_WRONG not in terminal("status").out + terminal("doctor").out
    monkeypatch.setattr(clocks.Clock, "now", lambda _: datetime(2014, 3, 3, 5, 0, tzinfo=UTC))
    for command in ("status", "doctor"):
        assert f"{LOOKS_WRONG}: it says 3 March 2014, 08:00." in terminal(command).out
    assert terminal.json("status")["date_doubtful"] is True
    assert {each["tone"] for each in terminal.json("doctor")["findings"] if each["name"] == "clock"} == {"warning"}


def test_a_told_story_is_no_wrong_clock(client: Browser, make: Make, clock: PinnedClock) -> None:
    make.apprentice("Asha Juma")
    clock.set_by_s = 10 * YEAR_S
    clock.day = MORNING.date()
    assert LOOKS_WRONG not in client.get("/accounts/sign-in").text
