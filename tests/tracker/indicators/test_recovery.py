"""I18 to I20 with a small cast, every figure counted by hand; and what of the figures leaves the office."""

from datetime import date

import pytest

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.world import JUNE_1, MARCH_18, NEW_YEAR, TODAY, World
from tracker.calendar.models import Closure, Notice, Resumption, TaughtDay
from tracker.catchup import actions as catchup
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.indicators.queries import country, read
from tracker.indicators.recovery import with_recovery
from tracker.indicators.rules import caught_up, Facts, Figure, person_days_lost, safety_trained, Split, workplace_return
from tracker.overview import queries, rules
from tracker.people.models import Apprentice
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR
from tracker.safety.models import SafetyPresence, SafetySession

CENTRAL = Actor(id="neema", name="Neema Kessy", role="central", partitions=None, seat="central", home="nation")
LOST = 46  # training days at NCT from 18 March to 31 May 2020
DAY = 7 * 60  # minutes of a training day where nobody has said its length: two halves of three and a half hours


@pytest.fixture
def world(make: Make, clock: PinnedClock) -> World:
    clock.day = TODAY
    world = World(make)
    world.close_2020()
    return world


def known(world: World, on: date = TODAY) -> Facts:
    where = country([world.nct, world.suza])
    return with_recovery(OPERATOR, where, read(where, NEW_YEAR, on, on))


# I18


def _hotel(world: World, name: str, reopened: date | None) -> Employer:
    hotel = world.add(Employer(partition=world.nct, name=name))
    scope = {"scope_kind": "employer", "scope_code": hotel.id, "sites": "workplaces"}
    closure = world.add(Closure(partition=world.nct, reason="covid-19", **scope))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=MARCH_18))
    if reopened:
        world.add(Resumption(partition=world.nct, closure_id=closure.id, kind="reopened", since=reopened, **scope))
    return hotel


def test_of_four_placements_suspended_one_goes_on(world: World) -> None:
    """Two wait for a closed hotel; one hotel opened on 13 July; one opens tomorrow; the fifth hotel never closed."""
    closed, opened, tomorrow = _hotel(world, "A", None), _hotel(world, "B", date(2020, 7, 13)), _hotel(world, "C", date(2020, 7, 31))
    never = world.add(Employer(partition=world.nct, name="D"))
    for hotel, sex in ((closed, "F"), (closed, "M"), (opened, "F"), (tomorrow, "M"), (never, "F")):
        terms = {"apprentice_id": world.person(world.nct, sex), "employer_id": hotel.id, "starts_on": date(2020, 3, 2)}
        world.add(Placement(partition=world.nct, **terms))
    facts = known(world)
    assert workplace_return(facts, Split.ALL) == {"": Figure(1, 4)}
    assert workplace_return(facts, Split.SEX) == {"F": Figure(1, 2), "M": Figure(0, 2)}
    assert workplace_return(facts, Split.PHASE) == {"placement": Figure(1, 4)}
    assert workplace_return(facts, Split.REGION) == {"TZ-02": Figure(1, 4)}
    assert workplace_return(known(world, date(2020, 7, 12)), Split.ALL) == {"": Figure(0, 4)}


# I19


def test_hours_lost_and_made_up_by_packs_are_those_of_each_apprentice(world: World) -> None:
    """At NCT two lose 46 days each; one brought a pack of 10 hours back. At SUZA one loses 61 days and makes up nothing."""
    first, _second, _islander = world.person(world.nct), world.person(world.nct, "M"), world.person(world.suza, "M")
    pack = catchup.give_pack(OPERATOR, world.cohort[world.nct], "Kazi za nyumbani", 600, date(2020, 4, 6))
    catchup.mark_returned(OPERATOR, pack.id, first, date(2020, 6, 2))
    facts = known(world)
    assert caught_up(facts, Split.ALL) == {"": Figure(600, (2 * LOST + 61) * DAY)}
    assert caught_up(facts, Split.SEX) == {"F": Figure(600, LOST * DAY), "M": Figure(0, (LOST + 61) * DAY)}
    assert caught_up(facts, Split.PHASE) == {"theory": Figure(600, (2 * LOST + 61) * DAY)}
    assert person_days_lost(facts, Split.ALL) == {"": Figure(2 * LOST + 61)}


def test_the_days_of_i16_are_the_hours_of_i19(world: World) -> None:
    """In a hotel since 2 March that is closed: 46 days until the centre reopened, and 43 since then."""
    terms = {"apprentice_id": world.person(world.nct), "employer_id": _hotel(world, "A", None).id, "starts_on": date(2020, 3, 2)}
    world.add(Placement(partition=world.nct, **terms))
    facts = known(world)
    assert person_days_lost(facts, Split.PHASE) == {"placement": Figure(89), "theory": Figure(0)}
    assert caught_up(facts, Split.PHASE) == {"placement": Figure(0, 89 * DAY)}


def test_days_at_another_hotel_and_days_taught_anyway_are_lost_and_made_up(world: World) -> None:
    """Another hotel takes one in for two weeks of April: ten days but the holidays of the 7th, 10th and 13th. The cohort was taught on
    1 April although the centre was closed."""
    placed, _taught = world.person(world.nct), world.person(world.nct)
    own, other = _hotel(world, "A", None), world.add(Employer(partition=world.nct, name="B"))
    terms = {"apprentice_id": placed, "starts_on": date(2020, 3, 2)}
    row = world.add(Placement(partition=world.nct, employer_id=own.id, **terms))
    terms |= {"starts_on": date(2020, 4, 6), "ends_on": date(2020, 4, 19), "replaces_id": row.id}
    world.add(Placement(partition=world.nct, employer_id=other.id, **terms))
    world.add(TaughtDay(partition=world.nct, cohort_id=world.cohort[world.nct], on=date(2020, 4, 1), reason="Tulifundisha."))
    facts = known(world)
    assert person_days_lost(facts, Split.PHASE) == {"placement": Figure(89), "theory": Figure(LOST)}
    assert caught_up(facts, Split.PHASE) == {"placement": Figure(7 * DAY, 89 * DAY), "theory": Figure(DAY, LOST * DAY)}


# I20


def _session(world: World, on: date, valid_days: int | None, *people: str, topic: str = "covid-19", void: str | None = None) -> None:
    row = SafetySession(partition=world.nct, topic=topic, on=on, valid_days=valid_days, void_reason=void)
    world.add(row)
    for person in people:
        world.add(SafetyPresence(partition=world.nct, session_id=row.id, apprentice_id=person, was_there=True))


def test_only_a_session_that_still_holds_covers(world: World) -> None:
    """Of four at NCT one holds since 30 June for 30 days, the last of which is today; the others expired, withdrawn, never."""
    today, expired, withdrawn, _never = (world.person(world.nct, sex) for sex in "FMFM")
    _session(world, date(2020, 6, 30), 30, today)
    _session(world, date(2020, 6, 29), 30, expired)
    _session(world, date(2020, 7, 20), 30, withdrawn, void="entered twice")
    _session(world, date(2020, 6, 1), None, withdrawn, expired, topic="fire")
    world.person(world.suza)
    facts = known(world)
    assert safety_trained(facts, Split.ALL) == {"": Figure(1, 5)}
    assert safety_trained(facts, Split.SEX) == {"F": Figure(1, 3), "M": Figure(0, 2)}
    assert safety_trained(facts, Split.CENTRE) == {world.nct: Figure(1, 4), world.suza: Figure(0, 1)}
    assert safety_trained(facts, Split.TOPIC) == {"covid-19": Figure(1, 5), "fire": Figure(2, 5)}


def test_without_sessions_and_closures_there_is_no_data(world: World) -> None:
    world.person(world.nct, since=JUNE_1)
    facts = known(world)
    assert [compute(facts, Split.ALL) for compute in (workplace_return, caught_up, safety_trained)] == [{}, {}, {}]


# What leaves the office


@pytest.mark.parametrize(
    ("people", "kept_back"),
    [
        ({"F": 9, "M": 5}, set()),
        ({"F": 9, "M": 4}, {"F", "M"}),  # from the sum anybody could work out the men
        ({"a": 9, "b": 6, "c": 4}, {"b", "c"}),
        ({"a": 9, "b": 1, "c": 4}, {"b", "c"}),
        ({"a": 9, "b": 0}, set()),  # nobody is nobody
        ({"": 3}, {""}),
        ({}, set()),
    ],
)
def test_figures_of_one_to_four_people_stay_in_the_office(people: dict[str, int], kept_back: set[str]) -> None:
    assert rules.hidden(people) == kept_back


def test_what_would_give_a_small_group_away_is_kept_back_with_it() -> None:
    """Of B two men: so B's women, too, whom the sum of B would give away; then the sums of women and men give A's and B's away:
    the smaller of A and C goes with them, in either column."""
    table = {("A", "F"): 9, ("A", "M"): 20, ("B", "F"): 8, ("B", "M"): 2, ("C", "F"): 30, ("C", "M"): 10}
    sums = {("", "F"): 47, ("", "M"): 32}
    assert rules.kept_back(table | sums) == {("B", "M"), ("B", "F"), ("A", "F"), ("A", "M"), ("C", "M"), ("C", "F")}
    assert rules.kept_back({("A", ""): 20, ("B", ""): 30, ("C", ""): 3, ("", ""): 53}) == {("C", ""), ("A", "")}


def _rows(*, for_others: bool) -> dict[tuple[object, ...], object]:
    rows = queries.report_rows(CENTRAL, for_others=for_others)
    return {tuple(row[name] for name in ("indicator", "centre", "split", "code")): row["numerator"] for row in rows}


def test_the_report_for_others_has_no_small_group_and_the_offices_own_has(world: World) -> None:
    for sex in "FFFFFFMM":
        world.person(world.nct, sex)
    world.person(world.suza)
    own, others = _rows(for_others=False), _rows(for_others=True)
    assert own["enrolled", "", "sex", "M"] == 2
    assert own["person_days_lost", "SUZA", "all", ""] == 61
    assert others["enrolled", "", "all", ""] == 9
    assert ("enrolled", "NCT", "all", "") not in others  # nine less those eight would be SUZA's one
    assert others["days_lost", "SUZA", "all", ""] == 61  # of the centre, not of people
    assert ("enrolled", "", "sex", "M") not in others
    assert ("person_days_lost", "SUZA", "all", "") not in others
    assert ("return_rate", "SUZA", "all", "") not in others


def test_by_disability_no_small_group_leaves_even_in_the_offices_own(world: World) -> None:
    world.person(world.nct)
    assert not [key for key in _rows(for_others=False) if key[0] == "enrolled" and key[2] == "disability"]


def test_no_page_of_one_centre_gives_away_what_that_of_another_keeps_back(world: World) -> None:
    """Two of NCT's have a great difficulty, and six of SUZA's: whoever is shown eight and six knows the two."""

    def page(actor: Actor, *asked: str) -> list[str]:
        where = country(asked)
        found = queries.recovery(actor, where, dict.fromkeys(asked, "x"), queries.period_of(where, "year"))
        return sorted(line.code for line in found.tables[Split.DISABILITY])

    for centre, few, others in ((world.nct, 2, 20), (world.suza, 6, 30)):
        for number in range(few + others):
            person = db.session.get(Apprentice, {"partition": centre, "id": world.person(centre)})
            assert person is not None
            with write(OPERATOR):
                person.seeing = "cannot" if number < few else "none"
                person.hearing = person.walking = person.remembering = person.self_care = person.communicating = "none"
    assert page(CENTRAL, world.nct, world.suza) == ["with", "without"]
    assert page(CENTRAL, world.nct) == page(CENTRAL, world.suza) == []


def test_the_page_shows_the_figures_of_the_own_centre_and_no_other(client: Browser, world: World) -> None:
    world.person(world.nct)
    page = client.sign_in("amina").get("/overview/recovery").text
    for words in ("After closures", "By age", "By phase", "no data", "In theory, at the centre"):
        assert words in page
    assert "By region" not in page
    assert client.get("/overview/recovery", query_string={"centre": world.suza}).status_code == 404
    assert client.sign_in("dalali").get("/overview/recovery").status_code == 403
    assert client.sign_in("baraka").get("/overview/indicators.csv").status_code == 403
    assert client.sign_in("amina").get("/overview/indicators.csv").text.startswith("\ufeffindicator,centre,split,code,")
