"""Entering a week from paper: everything is read first, nothing is half done, nothing is overwritten silently."""

import re
from collections.abc import Mapping
from datetime import date
from html import unescape

import pytest

from tests.conftest import Browser, PinnedClock
from tests.tracker.attendance.conftest import MONDAY, World
from tracker.attendance import actions, paper, paper_queries, queries, words
from tracker.attendance.paper import Box, read_letter
from tracker.attendance.rules import MarkValue, UNMARKED
from tracker.calendar import actions as calendar
from tracker.i18n import LANGUAGES, speaking
from tracker.policy import Actor

pytestmark = pytest.mark.usefixtures("teacher", "friday")

TUESDAY, WEDNESDAY, FRIDAY = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 6)
LETTERS = {"p": "present", "a": "absent"}
TOKEN = re.compile(r'<input type="hidden" name="(s[^"]+)" value="([^"]*)">')


@pytest.fixture
def friday(clock: PinnedClock) -> None:
    """The week is over but for its Friday, which is to come."""
    clock.day = date(2026, 3, 5)


def _address(world: World, more: str = "?halves=0") -> str:
    return f"/attendance/{world.cohort.id}/week/2026-03-02/enter{more}"


def _box(world: World, person: int, on: date = MONDAY, slot: str = "day") -> str:
    return f"b{Box(world.people[person].id, on, slot).name}"


def _tokens(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in TOKEN.findall(page)}


def _send(browser: Browser, world: World, fields: Mapping[str, object], more: str = "?halves=0") -> str:
    """Send with the tokens of the page as it stands now; gives the page that follows."""
    shown = _tokens(browser.get(_address(world, more)).text)
    answer = browser.send(_address(world, more), **{**shown, **fields})
    return browser.get(answer.location).text if answer.status_code == 302 else answer.text


def _statuses(actor: Actor, world: World, on: date = MONDAY, slot: str = "day") -> list[str | None]:
    return [row.status for row in queries.register_for(actor, world.cohort.id, on, slot).rows]


def _method(actor: Actor, world: World, on: date = MONDAY, slot: str = "day") -> str | None:
    register = queries.register_for(actor, world.cohort.id, on, slot).register
    return register.method if register else None


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), ("  ", None), ("P", MarkValue("present")), (" a ", MarkValue("absent")), ("-", UNMARKED), ("–", UNMARKED)],
)
def test_a_box_is_read(text: str, value: MarkValue | None) -> None:
    assert read_letter(text, LETTERS, "P A") == value


@pytest.mark.parametrize("text", ["x", "PP", "P A", "--", "?", "0"])
def test_a_box_with_something_else_is_a_fault(text: str) -> None:
    with pytest.raises(paper.NotALetter):
        read_letter(text, LETTERS, "P A")


def test_letters_are_saved_where_they_were_written(client: Browser, world: World, amina: Actor) -> None:
    fields = {_box(world, 0): "P", _box(world, 1): "l", _box(world, 2): "A", _box(world, 0, TUESDAY): "e", _box(world, 3, TUESDAY): "R"}
    assert "The week is saved." in _send(client.sign_in("amina"), world, fields)
    assert _statuses(amina, world) == ["present", "late", "absent", None]
    assert _statuses(amina, world, TUESDAY) == ["excused", None, None, "remote"]


def test_the_letters_are_those_of_the_readers_language(client: Browser, world: World, amina: Actor) -> None:
    browser = client.sign_in("amina")
    browser.get("/attendance/?lang=sw")
    _send(browser, world, {_box(world, 0): "Y", _box(world, 1): "C", _box(world, 2): "H", _box(world, 3): "K"})
    assert _statuses(amina, world) == ["present", "late", "absent", "excused"]


def test_no_letter_means_two_things_whatever_language_a_sheet_was_printed_in() -> None:
    printed = []
    for code in LANGUAGES:
        with speaking(code):
            printed += [(choice.letter, choice.status) for choice in words.choices()]
    assert len({letter for letter, _status in printed}) == len(set(printed))


def test_a_sheet_in_one_language_is_entered_in_the_other(client: Browser, world: World, amina: Actor) -> None:
    browser = client.sign_in("amina")
    _send(browser, world, {_box(world, 0): "H", _box(world, 1): "k", _box(world, 2): "M", _box(world, 3): "R"})
    assert _statuses(amina, world) == ["absent", "excused", "remote", "remote"]
    browser.get("/attendance/?lang=sw")
    _send(browser, world, {_box(world, n, TUESDAY): letter for n, letter in enumerate("LAER")})
    assert _statuses(amina, world, TUESDAY) == ["late", "absent", "excused", "remote"]


def test_a_day_that_is_complete_is_taken_from_paper_and_another_is_not(client: Browser, world: World, amina: Actor) -> None:
    fields = {_box(world, n): "P" for n in range(4)} | {_box(world, 0, TUESDAY): "P"}
    browser = client.sign_in("amina")
    _send(browser, world, fields)
    assert (_method(amina, world), _method(amina, world, TUESDAY)) == ("paper", None)
    assert "Entered from paper by Amina Juma." in browser.get(f"/attendance/{world.cohort.id}/2026-03-02").text


def test_the_rest_of_a_day_is_present_after_its_boxes(client: Browser, world: World, amina: Actor) -> None:
    _send(client.sign_in("amina"), world, {_box(world, 2): "A", "rest": "2026-03-02"})
    assert _statuses(amina, world) == ["present", "present", "absent", "present"]
    assert (_method(amina, world), _method(amina, world, TUESDAY)) == ("paper", None)


def test_the_rest_are_those_on_the_sheet(client: Browser, world: World, amina: Actor) -> None:
    """Somebody who was enrolled while the page was open stands on no line of the paper."""
    browser = client.sign_in("amina")
    shown = _tokens(browser.get(_address(world)).text)
    world.add_people(1)
    browser.send(_address(world), **shown, rest="2026-03-02")
    assert sorted(_statuses(amina, world), key=str) == [None, *["present"] * 4]


def test_an_empty_box_leaves_a_mark_and_a_dash_takes_it_back(client: Browser, world: World, amina: Actor, teacher: Actor) -> None:
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "late")
    actions.mark(teacher, world.partition, world.people[1].id, MONDAY, "late")
    _send(client.sign_in("amina"), world, {_box(world, 1): "-", _box(world, 2): "P"})
    assert _statuses(amina, world) == ["late", None, "present", None]


def test_all_faults_stand_beside_their_boxes_and_nothing_is_saved(client: Browser, world: World, amina: Actor) -> None:
    fields = {_box(world, 0): "P", _box(world, 1): "X", _box(world, 2, TUESDAY): "PA", "rest": "2026-03-04"}
    text = _send(client.sign_in("amina"), world, fields)
    assert "Nothing is saved yet" in text
    assert text.count('class="error"') == 2
    assert text.count("Write P L A E R, or - to take the mark back.") == 4  # beside the box and in the summary
    assert f'name="{_box(world, 1)}" value="X"' in text
    assert f'name="{_box(world, 0)}" value="P"' in text
    assert 'value="2026-03-04" aria-label="Wednesday, 4 March 2026: Rest of this day: present" checked' in text
    assert _statuses(amina, world) == _statuses(amina, world, WEDNESDAY) == [None] * 4


def test_a_box_taken_back_contradicts_the_rest_of_its_day(client: Browser, world: World, amina: Actor) -> None:
    text = _send(client.sign_in("amina"), world, {_box(world, 0): "-", "rest": "2026-03-02"})
    assert "do not mark the rest of this day as present" in text
    assert _statuses(amina, world) == [None] * 4


def test_what_changed_meanwhile_becomes_a_conflict(client: Browser, world: World, teacher: Actor) -> None:
    browser = client.sign_in("amina")
    shown = _tokens(browser.get(_address(world)).text)
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "excused")
    browser.send(_address(world), **shown, **{_box(world, 0): "A"})
    assert queries.register_for(teacher, world.cohort.id, MONDAY).rows[0].has_conflict
    assert 'aria-label="Two versions"' in browser.get(_address(world)).text


def test_a_fault_does_not_make_a_stale_box_fresh(client: Browser, world: World, teacher: Actor) -> None:
    """The page that comes back with a fault keeps what its writer saw when he wrote."""
    browser = client.sign_in("amina")
    shown = _tokens(browser.get(_address(world)).text)
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "excused")
    back = browser.send(_address(world), **shown, **{_box(world, 0): "A", _box(world, 1): "X"}).text
    browser.send(_address(world), **_tokens(back), **{_box(world, 0): "A", _box(world, 1): "P"})
    assert queries.register_for(teacher, world.cohort.id, MONDAY).rows[0].has_conflict


def test_a_correction_of_what_was_shown_is_no_conflict(client: Browser, world: World, teacher: Actor) -> None:
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "excused")
    _send(client.sign_in("amina"), world, {_box(world, 0): "A"})
    row = queries.register_for(teacher, world.cohort.id, MONDAY).rows[0]
    assert (row.status, row.has_conflict) == ("absent", False)


def test_days_to_come_and_closed_days_have_no_box_but_show_their_marks(client: Browser, world: World, amina: Actor) -> None:
    actions.mark(amina, world.partition, world.people[0].id, TUESDAY, "present")
    actions.mark(amina, world.partition, world.people[0].id, FRIDAY, "excused")
    calendar.close(amina, world.partition, "cohort", world.cohort.id, "centres", "covid-19", TUESDAY)
    text = client.sign_in("amina").get(_address(world)).text
    assert _box(world, 0) in text
    assert _box(world, 0, TUESDAY) not in text
    assert '<td class="box is-shut">P</td>' in text
    assert '<td class="box is-shut">E</td>' in text
    assert "Closed since 3 March 2026" in text


def test_a_day_that_closed_while_the_page_was_open_saves_nothing_and_says_so(client: Browser, world: World, amina: Actor) -> None:
    browser = client.sign_in("amina")
    shown = _tokens(browser.get(_address(world)).text)
    calendar.close(amina, world.partition, "cohort", world.cohort.id, "centres", "covid-19", TUESDAY)
    fields = {_box(world, 0): "P", _box(world, 1, TUESDAY): "A", "b nonsense": "P"}
    text = browser.send(_address(world), **shown, **fields).text
    assert f"What was typed for ?, {world.people[1].full_name} has no box any more" in text
    assert _statuses(amina, world)[0] is None


def test_halves_are_entered_in_boxes_of_their_own(client: Browser, world: World, amina: Actor) -> None:
    fields: dict[str, object] = {_box(world, n, MONDAY, "am"): "P" for n in range(4)}
    text = _send(client.sign_in("amina"), world, {**fields, _box(world, 0, MONDAY, "pm"): "A"}, "?halves=1")
    assert "The week is saved." in text
    assert _statuses(amina, world, MONDAY, "am") == ["present"] * 4
    assert _statuses(amina, world, MONDAY, "pm") == ["absent", None, None, None]
    assert (_method(amina, world, MONDAY, "am"), _method(amina, world, MONDAY, "pm")) == ("paper", None)


def test_forty_apprentices_with_six_halved_days_are_sent_in_one_form(client: Browser, world: World, teacher: Actor) -> None:
    world.add_people(36)
    calendar_day = date(2026, 2, 28)
    actions.teach_anyway(teacher, world.cohort.id, calendar_day, "Makeup day")
    week = paper_queries.week_for(teacher, world.cohort.id, calendar_day, has_halves=True)
    assert len(week.boxes) == 480
    address = f"/attendance/{world.cohort.id}/week/2026-02-23/enter?halves=1"
    browser = client.sign_in("baraka")
    for letter in "PA":
        fields = {f"b{box.name}": letter for box in week.boxes}
        answer = browser.send(address, **_tokens(browser.get(address).text), **fields)
        assert answer.status_code == 302
    assert {cell.status for cell in paper_queries.week_for(teacher, world.cohort.id, calendar_day).boxes.values()} == {"absent"}


def test_nothing_typed_is_no_act(client: Browser, world: World, amina: Actor) -> None:
    assert "Nothing was entered." in _send(client.sign_in("amina"), world, {_box(world, 0): " "})
    assert _method(amina, world) is None


def test_who_may_not_mark_the_cohort_enters_nothing(client: Browser, world: World) -> None:
    other = world.add_cohort()
    browser = client.sign_in("baraka")
    address = f"/attendance/{other.id}/week/2026-03-02/enter"
    assert browser.get(address).status_code == browser.send(address, rest="2026-03-02").status_code == 403


def test_one_afternoon_taken_by_itself_makes_no_sheet_of_halves(world: World, amina: Actor) -> None:
    def has_halves() -> bool:
        return paper_queries.week_for(amina, world.cohort.id, MONDAY).has_halves

    for on in (MONDAY, TUESDAY):
        actions.take_register(amina, world.cohort.id, on)
    actions.take_register(amina, world.cohort.id, WEDNESDAY, "pm")
    assert not has_halves()
    for on in (date(2026, 2, day) for day in (24, 25, 26)):
        actions.take_register(amina, world.cohort.id, on, "am")
    assert has_halves()
