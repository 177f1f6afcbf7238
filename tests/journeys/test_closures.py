"""Closures recorded at three seats apart: whoever meets whom first, every machine ends with the same days, open and closed."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.country import Country, enrol, Machine, machine
from tracker import replication
from tracker.attendance import actions as attendance
from tracker.attendance import closed_actions
from tracker.attendance.closed_queries import undecided
from tracker.attendance.sheet_queries import ground_of
from tracker.calendar import actions as calendar
from tracker.calendar.queries import calendar_for, closures, MISTAKE
from tracker.db import db
from tracker.employers import actions as employers
from tracker.employers.queries import employers as hosts
from tracker.nodes import actions as nodes
from tracker.people import actions as people
from tracker.people.queries import cohorts
from tracker.policy import OPERATOR

REGION = "region/TZ-09"
# All machines stand on Monday, 2 March 2026. The days of the story are February's, told after them.
FIRST, LAST = date(2026, 2, 2), date(2026, 3, 1)
MARKED = (date(2026, 2, 10), date(2026, 2, 19), date(2026, 2, 25))


@pytest.fixture
def coordinator(country: Country, tmp_path: Path) -> Machine:
    """A laptop that serves Kilimanjaro and reads its centre."""
    laptop = machine(tmp_path / "region", seat="region")
    with country.first.on() as make:
        centre = make.centre
    with country.central.on():
        code = nodes.invite_coordinator(OPERATOR, "Ofisi ya Kilimanjaro", ["TZ-09"], [centre])
    enrol(country, laptop, code)
    return laptop


def _begin(country: Country, coordinator: Machine) -> tuple[str, str, str]:
    """A cohort with an apprentice, and a hotel, known to all machines: their centre, cohort and apprentice."""
    with country.first.on() as make:
        cohort = people.open_cohort(OPERATOR, make.centre, "Awamu ya 2026", "hotel-24m", date(2026, 1, 5))
        values = {"given_name": "Asha", "family_name": "Juma", "cohort_id": cohort.id, "starts_on": cohort.starts_on}
        asha = people.register_apprentice(OPERATOR, make.centre, values)
        employers.add_employer(OPERATOR, make.centre, {"name": "Hoteli ya Kibo"})
        found = make.centre, cohort.id, asha.id
    for each in (country.first, country.second, coordinator):
        each.sync()
    return found


def _tell(country: Country, coordinator: Machine, centre: str, cohort: str, apprentice: str) -> None:
    """Three seats record what they know, none knowing of the others; the centre goes on teaching."""
    with country.central.on():
        nation = calendar.close(OPERATOR, "nation", "nation", None, "both", "covid-19", date(2026, 2, 16), authority="Waziri Mkuu")
        calendar.add_notice(OPERATOR, nation.id, date(2026, 2, 9), authority="Wizara", counts=True)
        calendar.reopen(OPERATOR, "nation", date(2026, 2, 23), "nation", None, "centres", nation.id)
    with coordinator.on():
        region = calendar.close(OPERATOR, REGION, "region", "TZ-09", "both", "flood", date(2026, 2, 18), authority="RC")
        calendar.permit(OPERATOR, REGION, date(2026, 2, 20), "region", "TZ-09", "both", region.id)
        calendar.reopen(OPERATOR, REGION, date(2026, 2, 25), "region", "TZ-09", "both", region.id)
    with country.first.on():
        own = calendar.close(OPERATOR, centre, "cohort", cohort, "centres", "power", date(2026, 2, 26))
        calendar.reopen(OPERATOR, centre, date(2026, 2, 28), "cohort", cohort, "centres", own.id)
        for on, status in zip(MARKED, ("present", "present", "absent"), strict=True):
            attendance.mark(OPERATOR, centre, apprentice, on, status)


def _days(on: Machine, centre: str) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """What each day is for the cohort and for the hotel, and which closures make it so."""
    with on.on():
        known = calendar_for(OPERATOR, centre)
        (cohort,), (hotel,) = cohorts(OPERATOR, centre), hosts(OPERATOR, centre)
        sites = {"cohort": known.site_of(cohort), "hotel": known.site_of_employer(hotel)}
        return {
            name: [(str(day.kind), tuple(fact.id for fact in day.closures)) for day in known.days_at(site, FIRST, LAST)]
            for name, site in sites.items()
        }


def _closed(days: list[tuple[str, tuple[str, ...]]]) -> list[int]:
    """The days of February that are closed."""
    return [(FIRST + timedelta(days=n)).day for n, (kind, _closures) in enumerate(days) if kind == "closed"]


def test_two_decisions_made_apart_are_a_conflict_and_hold_alike_everywhere_until_somebody_chooses(
    country: Country, coordinator: Machine
) -> None:
    centre, cohort, apprentice = _begin(country, coordinator)
    _tell(country, coordinator, centre, cohort, apprentice)
    for each in (coordinator, country.first, country.second):
        each.sync()
    with country.first.on():
        closed_actions.decide(OPERATOR, centre, [(cohort, MARKED[0])], "Tulifundisha.", decision=None)
    with country.second.on():
        closed_actions.decide(OPERATOR, centre, [(cohort, MARKED[0])], "Kosa.", decision=MISTAKE)
    for each in (country.first, country.second, country.first):
        each.sync()
    assert _share(country.first, centre, apprentice) == _share(country.second, centre, apprentice)
    for each in (country.first, country.second):
        with each.on():
            assert sorted(conflict.group for conflict in replication.open_conflicts(centre)) == ["decision", "reason"]
    with coordinator.app.app_context():
        db.engine.dispose()


def _waiting(on: Machine, centre: str) -> list[date]:
    with on.on():
        return sorted(each.on for each in undecided(OPERATOR, centre))


def _share(on: Machine, centre: str, apprentice: str) -> float | None:
    with on.on():
        (cohort,) = cohorts(OPERATOR, centre)
        return ground_of(OPERATOR, cohort).reckon(apprentice).so_far.share


# The centre before its region, after it, and read by its second laptop in between.
@pytest.mark.parametrize(
    "order", [("first", "coordinator", "second"), ("coordinator", "second", "first"), ("second", "coordinator", "first")], ids="-".join
)
def test_every_machine_ends_with_the_same_calendar(country: Country, coordinator: Machine, order: tuple[str, ...]) -> None:
    centre, cohort, apprentice = _begin(country, coordinator)
    _tell(country, coordinator, centre, cohort, apprentice)
    laptops = {"first": country.first, "second": country.second, "coordinator": coordinator}
    for name in (*order, *order):
        laptops[name].sync()

    days = [_days(each, centre) for each in (country.central, *laptops.values())]
    assert days[0] == days[1] == days[2] == days[3]
    # The nation closes on the 9th by the notice that counts and opens centres on the 23rd; the region opens on the 25th.
    assert _closed(days[0]["cohort"]) == [*range(9, 25), 26, 27]
    assert _closed(days[0]["hotel"]) == [*range(9, 29), 1]  # nobody opened workplaces after the nation's closure
    with coordinator.app.app_context():
        db.engine.dispose()


def test_a_centre_that_heard_late_keeps_its_marks_is_told_and_decides(country: Country, coordinator: Machine) -> None:
    centre, cohort, apprentice = _begin(country, coordinator)
    _tell(country, coordinator, centre, cohort, apprentice)
    assert _waiting(country.first, centre) == []
    assert _share(country.first, centre, apprentice) == pytest.approx(2 / 3)

    for each in (coordinator, country.first, country.second):
        each.sync()
    # The 25th lies between the closures: the absence of that day alone still counts.
    for each in (country.first, country.second):
        assert _waiting(each, centre) == list(MARKED[:2])
        assert _share(each, centre, apprentice) == 0
    with country.first.on():
        page = country.first.browser().sign_in("amina").get("/attendance/")
        assert "On 2 days without training apprentices were marked." in page.text

    with country.first.on():
        closed_actions.decide(OPERATOR, centre, [(cohort, MARKED[0])], "Tulifundisha.", decision=None)
        closed_actions.decide(OPERATOR, centre, [(cohort, MARKED[1])], "Kosa.", decision=MISTAKE)
    for each in (country.first, country.second, coordinator):
        each.sync()
    for each in (country.first, country.second):
        assert _waiting(each, centre) == []
        assert _share(each, centre, apprentice) == 0.5

    with country.second.on():
        closed_actions.decide_again(OPERATOR, cohort, MARKED[1], "Tuangalie tena.")
        closure = next(story for story in closures(OPERATOR, centre) if story.row.partition == "nation")
        assert closure.since == date(2026, 2, 9)
    country.second.sync()
    country.first.sync()
    assert _waiting(country.first, centre) == [MARKED[1]]
    with coordinator.app.app_context():
        db.engine.dispose()
