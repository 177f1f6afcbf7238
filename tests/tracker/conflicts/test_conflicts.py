"""Two laptops of one centre change the same thing apart: both values stay, a person chooses, and the choice travels."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from tests.country import Country, Machine
from tracker.accounts.models import Staff
from tracker.accounts.queries import actor_for_staff
from tracker.attendance.models import Mark
from tracker.conflicts import actions, queries, words
from tracker.db import Base, db, groups_of, SyncedRow, write
from tracker.errors import NotAllowed, NotFound
from tracker.i18n import speaking
from tracker.people.models import Apprentice
from tracker.policy import Actor, OPERATOR

DAY = date(2026, 3, 2)


def _asha() -> Apprentice:
    return db.session.scalars(select(Apprentice)).one()


def _call(machine: Machine, phone: str) -> None:
    with machine.on(), write(OPERATOR):
        _asha().phone = phone


def _amina() -> Actor:
    """Amina as she stands on the machine that is acted on."""
    return actor_for_staff(db.session.scalars(select(Staff).where(Staff.name == "Amina Juma")).one())


def _meet(country: Country) -> None:
    """Let all machines exchange until they hold the same."""
    for machine in (country.first, country.second, country.first):
        machine.sync()


@pytest.fixture
def apart(country: Country) -> Country:
    """Asha's phone number was changed on both laptops, and they have met since."""
    with country.first.on() as make, write(OPERATOR) as session:
        session.add(Apprentice(partition=make.centre, given_name="Asha", family_name="Juma", phone="0700000000"))
    _meet(country)
    _call(country.first, "0711111111")
    country.second.clock.moment = country.second.clock.now().replace(hour=9)
    _call(country.second, "0722222222")
    _meet(country)
    return country


def _open(machine: Machine) -> list[queries.Question]:
    with machine.on(), speaking("en"):
        return queries.questions(_amina())


def _keep(machine: Machine, question: queries.Question, phone: str) -> None:
    chosen = next(answer.dot for answer in question.answers if answer.lines == [("", phone)])
    with machine.on():
        actions.settle(
            _amina(),
            question.partition,
            question.table,
            question.key,
            question.group,
            choose=chosen,
            token=question.token,
        )


def test_both_machines_ask_the_same_question(apart: Country) -> None:
    first, second = _open(apart.first), _open(apart.second)
    assert first == second
    (question,) = first
    assert question.title == "Phone number of Asha Juma"
    assert [answer.lines for answer in question.answers] == [[("", "0722222222")], [("", "0711111111")]]
    assert question.may_settle


def test_a_choice_settles_it_everywhere(apart: Country) -> None:
    (question,) = _open(apart.first)
    _keep(apart.first, question, "0711111111")
    _meet(apart)
    for machine in (apart.first, apart.second):
        assert _open(machine) == []
        with machine.on():
            assert _asha().phone == "0711111111"


def test_choosing_differently_at_two_places_asks_again(apart: Country) -> None:
    (question,) = _open(apart.first)
    _keep(apart.first, question, "0711111111")
    _keep(apart.second, question, "0722222222")
    assert _open(apart.first) == _open(apart.second) == []
    _meet(apart)
    assert _open(apart.first) == _open(apart.second)
    (again,) = _open(apart.first)
    assert {answer.lines[0][1] for answer in again.answers} == {"0711111111", "0722222222"}


def test_a_value_that_came_after_the_page_was_drawn_stays_open(apart: Country) -> None:
    (question,) = _open(apart.first)
    _call(apart.second, "0733333333")  # replaces the winner that was shown there
    _meet(apart)
    _keep(apart.first, question, "0711111111")
    (left,) = _open(apart.first)
    assert {answer.lines[0][1] for answer in left.answers} == {"0711111111", "0733333333"}


def test_what_is_settled_already_is_not_found(apart: Country) -> None:
    (question,) = _open(apart.first)
    _keep(apart.first, question, "0711111111")
    with pytest.raises(NotFound):
        _keep(apart.first, question, "0722222222")


def test_central_sees_and_does_not_settle(apart: Country) -> None:
    with apart.central.on() as make:
        credential = make.user("Chiku Said", "central", partition="nation")
        chiku = make.actor(credential.username)
        (question,) = queries.questions(chiku)
        assert not question.may_settle
        with pytest.raises(NotAllowed):
            actions.settle(
                chiku,
                question.partition,
                question.table,
                question.key,
                question.group,
                choose=question.answers[0].dot,
                token=question.token,
            )
        page = apart.central.browser().sign_in("chiku").get("/conflicts/").text
        assert "The centre decides this." in page
        assert "Keep this" not in page


def test_the_page_settles_with_one_button(apart: Country) -> None:
    (question,) = _open(apart.first)
    with apart.first.on():
        browser = apart.first.browser().sign_in("amina")
        page = browser.get("/conflicts/").text
        assert "0711111111" in page
        assert "0722222222" in page
        sent = {"choose": question.answers[1].dot, "token": question.token}
        sent |= {"partition": question.partition, "table": question.table, "key": question.key, "group": question.group}
        assert browser.send("/conflicts/settle", **sent).status_code == 302
        assert "Settled: Phone number of Asha Juma." in browser.get("/conflicts/").text
        browser.send("/conflicts/settle", **sent)
        assert "This was settled meanwhile." in browser.get("/conflicts/").text


@pytest.mark.parametrize("wrong", [{"key": "{"}, {"key": "[[]]"}, {"table": "sync_self"}, {"partition": "centre/none"}, {"group": "x"}])
def test_a_forged_form_finds_nothing(apart: Country, wrong: dict[str, str]) -> None:
    (question,) = _open(apart.first)
    sent = {"partition": question.partition, "table": question.table, "key": question.key, "group": question.group}
    with apart.first.on(), pytest.raises(NotFound):
        actions.settle(_amina(), **{**sent, **wrong}, choose=question.answers[0].dot, token=question.token)


def test_a_mark_is_asked_about_whole(country: Country) -> None:
    with country.first.on() as make, write(OPERATOR) as session:
        session.add(Apprentice(partition=make.centre, given_name="Asha", family_name="Juma"))
    _meet(country)
    for machine, status in ((country.first, "present"), (country.second, "absent")):
        with machine.on() as make, write(OPERATOR) as session:
            session.add(Mark(partition=make.centre, apprentice_id=_asha().id, on=DAY, slot="day", status=status, place="centre"))
    _meet(country)
    (question,) = _open(country.first)
    assert question.title == "Attendance of Asha Juma, 2 March 2026"
    # The place is the same in both and is not in the way.
    assert sorted(answer.lines for answer in question.answers) == [[("Status", "Absent")], [("Status", "Present")]]
    assert json.loads(question.key)[1:] == ["2026-03-02", "day"]


def test_every_group_and_field_has_its_words() -> None:
    models = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, SyncedRow)]
    fields = {field for model in models for names in groups_of(model).values() for field in names}
    assert fields - words.FIELDS.keys() == set()
    headed = {(model.__tablename__, group) for model in models for group in groups_of(model)}
    assert {key for key in words.ABOUT if isinstance(key, tuple)} <= headed


def test_answers_about_difficulties_are_shown_to_those_alone_who_may_settle(apart: Country) -> None:
    for machine, answer in ((apart.first, "none"), (apart.second, "a_lot")):
        with machine.on(), write(OPERATOR):
            _asha().seeing = answer
    _meet(apart)
    above = Actor(id="tatu", name="Tatu", role="central", partitions=None, seat="central", home="nation")
    with apart.first.on(), speaking("en"):
        (own,) = [each for each in queries.questions(_amina()) if each.group == "difficulties"]
        (theirs,) = [each for each in queries.questions(above) if each.group == "difficulties"]
    assert {line for answer in own.answers for line in answer.lines} == {
        ("Difficulty seeing", "No difficulty"),
        ("Difficulty seeing", "A lot of difficulty"),
    }
    assert (theirs.answers, theirs.may_settle) == ([], False)
