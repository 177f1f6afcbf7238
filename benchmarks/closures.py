#!/usr/bin/env python3
"""What a closure that arrives late costs: a centre with three hundred apprentices, marked for three years.

  python benchmarks/closures.py [--apprentices 300] [--years 3] [--folder FOLDER] [--seed 7]

A centre of ten cohorts, a tenth of its apprentices placed with employers, every register of the years taken. Then a
closure of eleven weeks in the middle is recorded, and everything that follows from it is worked out again: before and
after for every cohort, the marks that are on closed days now, the registers due, the days lost by every apprentice, the
attendance, and whom a closure that is not saved yet would touch. Each as a page would, from the tables; the fastest of three.
Prints one JSON line a measure. Nothing here judges; read the lines.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, UTC
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import insert

from tracker import config, migrations, replication
from tracker.app import create_app
from tracker.attendance import closed_queries, effect_queries
from tracker.attendance.models import Mark, Register
from tracker.attendance.queries import due_and_taken, spans_by_cohort
from tracker.attendance.sheet_queries import ground_of
from tracker.calendar import actions as calendar
from tracker.calendar.queries import calendar_for, code_of_centre, facts_for
from tracker.calendar.rules import ClosureFact, NoticeFact, person_days_lost, Scope
from tracker.clock import StoryClock
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.people.queries import cohorts
from tracker.placements.models import Placement
from tracker.places.models import Centre
from tracker.policy import OPERATOR

COHORTS, TODAY = 10, date(2022, 12, 30)
SINCE, REOPENED = date(2021, 3, 18), date(2021, 6, 1)


def show(measure: str, **values: object) -> None:
    """One line of results."""
    print(json.dumps({"measure": measure, **values}), flush=True)


def found(apprentices: int, first: date, draw: random.Random) -> str:
    """A centre with its people, and every register taken; its partition."""
    centre = replication.home()
    with write(OPERATOR) as session:
        session.add(Centre(partition=centre, name="Chuo cha Moshi", region="TZ-09"))
        hotel = Employer(partition=centre, name="Hoteli ya Kibo")
        intakes = [
            Cohort(partition=centre, name=f"Kundi {n}", starts_on=first, ends_on=TODAY + timedelta(days=120)) for n in range(COHORTS)
        ]
        session.add_all([hotel, *intakes])
        people = [Apprentice(partition=centre, given_name="Asha", family_name=f"Juma {n}", sex="FM"[n % 2]) for n in range(apprentices)]
        session.add_all(people)
        for n, person in enumerate(people):
            session.add(
                Enrolment(partition=centre, apprentice_id=person.id, cohort_id=intakes[n % COHORTS].id, starts_on=first, status="active")
            )
            if n % 10 == 0:
                session.add(Placement(partition=centre, apprentice_id=person.id, employer_id=hotel.id, starts_on=first))
    known = calendar_for(OPERATOR, centre)
    registers, marks = [], []
    for n, intake in enumerate(intakes):
        for on in known.taught_days(intake, first, TODAY):
            registers.append({"partition": centre, "cohort_id": intake.id, "on": on, "slot": "day", "status": "taken"})
            for person in people[n::COHORTS]:
                status = "present" if draw.random() < 0.9 else "absent"
                marks.append(
                    {"partition": centre, "apprentice_id": person.id, "on": on, "slot": "day", "status": status, "place": "centre"}
                )
    db.session.remove()
    # Straight into the tables: what is measured reads rows, and does not ask how they came.
    with db.engine.begin() as connection:
        connection.execute(insert(Register), registers)
        connection.execute(insert(Mark), marks)
    show("the centre", apprentices=apprentices, cohorts=COHORTS, registers=len(registers), marks=len(marks))
    return centre


def best(work: Callable[[], object]) -> tuple[dict[str, float], object]:
    """Seconds of the fastest of three, each as a request of its own, by the clock and of this process alone; and what came of it."""
    took, result = [], None
    for _run in range(3):
        db.session.rollback()
        db.session.expire_all()
        db.session.expunge_all()
        begun, used = time.perf_counter(), time.process_time()
        result = work()
        took.append((time.perf_counter() - begun, time.process_time() - used))
    seconds, processor = min(took)
    return {"seconds": round(seconds, 3), "processor_seconds": round(processor, 3)}, result


def measure(centre: str) -> None:
    """Record the closure late, and work out again what follows."""
    before = facts_for(centre)
    whole = Scope("centre", code_of_centre(centre))
    extra = ClosureFact("new", centre, whole, "both", "flood", (NoticeFact("n", "", "", SINCE, REOPENED - timedelta(days=1)),))
    took, effects = best(lambda: effect_queries.effects(OPERATOR, centre, extra))
    assert isinstance(effects, effect_queries.Effects)
    show("before saving: whom it touches", **took, apprentices=effects.count, registers=effects.registers)

    closure = calendar.close(OPERATOR, centre, "centre", whole.code, "both", "flood", SINCE)
    calendar.reopen(OPERATOR, centre, REOPENED, "centre", whole.code, "both", closure.id)
    took, changes = best(lambda: effect_queries.changes(OPERATOR, centre, before))
    assert isinstance(changes, dict)
    out = sum(len(each.no_longer_due) for each in changes.values())
    kept = sum(len(each.no_longer_count) for each in changes.values())
    show("before and after, every cohort", **took, cohorts=len(changes), registers_no_longer_due=out, days_with_marks=kept)

    took, waiting = best(lambda: closed_queries.undecided(OPERATOR, centre))
    assert isinstance(waiting, list)
    show("marks on closed days, as the first page asks", **took, days=len(waiting))

    took, due = best(lambda: due_and_taken(OPERATOR, centre, TODAY - timedelta(days=3 * 365), TODAY))
    assert isinstance(due, list)
    show("registers due in three years", **took, registers=len(due))

    def lost() -> int:
        known, spans = calendar_for(OPERATOR, centre), spans_by_cohort(centre)
        days = {row.id: known.lost_days(row, row.starts_on or TODAY, TODAY) for row in cohorts(OPERATOR, centre)}
        return sum(person_days_lost([(begin, end)], days[key]) for key, rows in spans.items() for _apprentice, begin, end in rows)

    took, person_days = best(lost)
    show("days lost by every apprentice", **took, person_days=person_days)

    def attended(count: int) -> int:
        grounds = [ground_of(OPERATOR, row) for row in cohorts(OPERATOR, centre)[:count]]
        return sum(ground.reckon(key).attended for ground in grounds for key in ground.people)

    # No rate is stored, so none has to be worked out again until somebody opens a page: this is what such a page costs.
    for count in (1, COHORTS):
        took, minutes = best(partial(attended, count))
        show("attendance from all marks, when it is asked for", cohorts=count, **took, minutes_attended=minutes)


def main() -> None:
    """Make the centre in a folder that is thrown away, or in one that is named, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apprentices", type=int, default=300)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = asked.folder or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        clock = StoryClock(moment=datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC), day=TODAY)
        app = create_app(config.load(home, environ={}), clock=clock)
        show("machine", cores=os.cpu_count(), python=sys.version.split()[0])
        with app.app_context():
            migrations.upgrade(db.engine)
            replication.create_tables()
            replication.found_centre()
            measure(found(asked.apprentices, TODAY - timedelta(days=365 * asked.years), random.Random(asked.seed)))
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
