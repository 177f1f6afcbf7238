#!/usr/bin/env python3
"""What the overview costs at central: 40 centres of 300 apprentices, three years, half of them in placements when all closes.

  python benchmarks/overview.py [--centres 40] [--apprentices 300] [--registers 20] [--seed 1]

Rows are put straight into the tables: no exchange is measured here. Each apprentice has a mark in each of the cohort's
registers, which lie 45 days apart. One JSON line a measure, in seconds of this process; nothing here judges.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy as sa

from tracker import config, replication
from tracker.app import create_app
from tracker.attendance.models import Mark, Register
from tracker.calendar.models import Closure, Notice, Resumption
from tracker.catchup.queries import delivered_and_owed
from tracker.clock import StoryClock
from tracker.db import db, SyncedRow
from tracker.employers.models import Employer
from tracker.indicators.queries import country, read
from tracker.indicators.recovery import with_recovery
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement
from tracker.places.models import Centre
from tracker.policy import OPERATOR

FIRST, TODAY, CLOSED, REOPENED = date(2018, 1, 8), date(2020, 7, 30), date(2020, 3, 18), date(2020, 6, 1)
COHORTS, HOSTS = 8, 20
Found = TypeVar("Found")
Rows = dict[type[SyncedRow], list[dict[str, object]]]


def main() -> None:
    """Fill a database, measure, clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("centres", 40), ("apprentices", 300), ("registers", 20), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.load(Path(folder), environ={}, seat="central", name="Makao makuu"), clock=StoryClock(day=TODAY))
        with app.app_context():
            replication.create_tables()
            names = [f"centre/{number:020x}" for number in range(asked.centres)]
            _fill(names, asked.apprentices, asked.registers, Random(asked.seed))
            about = {"centres": asked.centres, "marks": asked.centres * asked.apprentices * asked.registers}
            where = _timed("the calendars of all centres", lambda: country(names), **about)
            facts = _timed("the facts of three years", lambda: read(where, FIRST, TODAY, TODAY), **about)
            _timed("what comes back, without hours", lambda: with_recovery(OPERATOR, where, facts, with_hours=False), **about)
            _timed("hours caught up, of one centre", lambda: delivered_and_owed(OPERATOR, names[0], TODAY), apprentices=asked.apprentices)
            db.session.remove()
            db.engine.dispose()


def _timed(measure: str, work: Callable[[], Found], **about: object) -> Found:
    began = time.process_time()
    found = work()
    print(json.dumps({"measure": measure, **about, "cpu_s": round(time.process_time() - began, 2)}), flush=True)
    return found


def _fill(names: Sequence[str], apprentices: int, registers: int, draw: Random) -> None:
    rows: Rows = defaultdict(list)
    days = [FIRST + timedelta(days=45 * number) for number in range(registers)]
    for name in names:
        rows[Centre].append({"partition": name, "id": "centre", "name": name, "region": draw.choice(("TZ-01", "TZ-02", "TZ-15"))})
        rows[Employer] += [{"partition": name, "id": f"e{number}", "name": f"E{number}", "district": "Ilala"} for number in range(HOSTS)]
        for number in range(COHORTS):
            cohort = f"c{number}"
            rows[Cohort].append({"partition": name, "id": cohort, "name": cohort, "starts_on": FIRST, "ends_on": date(2021, 1, 8)})
            rows[Register] += [{"partition": name, "cohort_id": cohort, "on": on, "slot": "day", "status": "taken"} for on in days]
        for number in range(apprentices):
            _person(rows, name, number, days, draw)
    for closure, sites in (("college", "centres"), ("hotel", "workplaces")):
        scope = {"partition": "nation", "scope_kind": "nation", "sites": sites}
        rows[Closure].append({**scope, "id": closure, "reason": "covid-19"})
        rows[Notice].append({"partition": "nation", "id": f"{closure} notice", "closure_id": closure, "since": CLOSED})
        if sites == "centres":
            rows[Resumption].append({**scope, "id": "reopened", "closure_id": closure, "kind": "reopened", "since": REOPENED})
    with db.engine.begin() as connection:
        for model, found in rows.items():
            connection.execute(sa.insert(model), [{"dot": "", "at": 0, "eff": 0, **row} for row in found])


def _person(rows: Rows, name: str, number: int, days: Sequence[date], draw: Random) -> None:
    person = f"a{number}"
    born = date(1995, 1, 1) + timedelta(days=draw.randrange(3_000))
    own = {"partition": name, "apprentice_id": person}
    rows[Apprentice].append(
        {
            "partition": name,
            "id": person,
            "given_name": "A",
            "sex": draw.choice("FM"),
            "birth_date": born,
            "seeing": draw.choice(("none", "a_lot")),
        }
    )
    rows[Enrolment].append(
        {
            **own,
            "id": f"n{number}",
            "cohort_id": f"c{number % COHORTS}",
            "occupation": draw.choice(("bakery", "laundry", "housekeeping")),
            "starts_on": FIRST,
            "status": "active",
        }
    )
    if number // COHORTS % 2:
        since = date(2019, 1, 7) + timedelta(days=draw.randrange(200))
        host = f"e{draw.randrange(HOSTS)}"
        rows[Placement].append({**own, "id": f"p{number}", "employer_id": host, "starts_on": since, "ends_on": date(2020, 12, 18)})
    statuses = ("present", "present", "late", "absent")
    rows[Mark] += [{**own, "on": on, "slot": "day", "status": draw.choice(statuses), "place": "centre"} for on in days]


if __name__ == "__main__":
    main()
