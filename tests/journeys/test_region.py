"""A coordinator's laptop beside central and a centre: regional facts reach the centre whoever wrote them."""

from datetime import date
from pathlib import Path

import pytest

from tests.country import Country, enrol, Machine, machine
from tracker import replication
from tracker.calendar import actions as calendar
from tracker.calendar.queries import closures
from tracker.db import db
from tracker.nodes import actions as nodes
from tracker.policy import OPERATOR

REGION = "region/TZ-09"


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


def _close(on: Machine, since: date) -> None:
    with on.on():
        calendar.close(OPERATOR, REGION, "region", "TZ-09", "both", "flood", since, source="Barua", authority="RC")


def _announced(on: Machine) -> list[date]:
    with on.on():
        stories = [story for story in closures(OPERATOR) if story.row.partition == REGION]
        return sorted(notice.since for story in stories for notice in story.notices if notice.since)


def test_central_and_the_coordinator_both_write_regional_facts(country: Country, coordinator: Machine) -> None:
    _close(country.central, date(2026, 2, 2))
    _close(coordinator, date(2026, 2, 9))
    coordinator.sync()
    country.first.sync()
    for each in (country.central, coordinator, country.first):
        assert _announced(each) == [date(2026, 2, 2), date(2026, 2, 9)]
        with each.on():
            assert replication.quarantined() == {}
    with coordinator.app.app_context():
        db.engine.dispose()


def test_a_coordinator_reads_the_centre_and_writes_nothing_in_it(country: Country, coordinator: Machine) -> None:
    with country.first.on() as make:
        centre = make.centre
    with coordinator.on():
        assert centre in {each.partition for each in replication.status()}
        assert not replication.open_conflicts(centre)
    with coordinator.app.app_context():
        db.engine.dispose()


def test_a_centre_founded_later_is_read_by_the_coordinator_of_its_region(country: Country, coordinator: Machine, tmp_path: Path) -> None:
    newcomer = machine(tmp_path / "newcomer")
    with country.central.on():
        code = nodes.invite_centre(OPERATOR, "Chuo cha Hai", "TZ-09")
    enrol(country, newcomer, code)
    coordinator.sync()
    with newcomer.on() as make:
        centre = make.centre
    with coordinator.on():
        assert centre in {each.partition for each in replication.status()}
    for each in (coordinator, newcomer):
        with each.app.app_context():
            db.engine.dispose()
