#!/usr/bin/env python3
"""What time does to an exchange: years of a centre, a thousand exchanges in a row, a thousand that were cut.

  python benchmarks/years.py [--years 10] [--exchanges 1000] [--seed 7]

Real folders, real HTTP between two applications of this process. Each day five cohorts of forty take their registers:
the exceptions tapped one by one, then "all remaining: present"; then the laptop exchanges with central. Prints one JSON
line a measure. Nothing here judges; read the lines.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, UTC
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import requests
from flask import Flask

from tracker import config, replication
from tracker.app import create_app
from tracker.attendance import actions as attendance
from tracker.clock import StoryClock
from tracker.nodes import actions as nodes
from tracker.people import actions as people
from tracker.policy import OPERATOR
from tracker.serve import listen

GIVEN = ("Asha", "Juma", "Neema", "Hamisi", "Zuhura", "Baraka", "Rehema", "Omari", "Saada", "Khamis")
FAMILY = ("Mushi", "Kimaro", "Massawe", "Mollel", "Laizer", "Shayo", "Ngowi", "Bakari", "Komba", "Chande")
COHORTS, MEMBERS, DAYS_A_YEAR = 5, 40, 240


class Machine:
    """A data folder in use."""

    def __init__(self, home: Path, clock: StoryClock, **settings: object) -> None:
        home.mkdir(parents=True)
        self.home = home
        self.app: Flask = create_app(config.load(home, environ={}, **settings), clock=clock)
        with self.app.app_context():
            replication.create_tables()

    @contextmanager
    def on(self) -> Iterator[None]:
        """Act on this machine."""
        with self.app.app_context():
            yield

    def sync(self) -> replication.Report:
        """Exchange with the server."""
        with self.on():
            return nodes.sync_now(OPERATOR)

    def bytes(self) -> int:
        """The size of its database with the log."""
        return sum(path.stat().st_size for path in self.home.glob("daftari.sqlite3*"))


def say(measure: str, **found: object) -> None:
    """One line."""
    print(json.dumps({"measure": measure, **found}), flush=True)


def enrol(laptop: Machine, url: str, code: str) -> replication.Report:
    """Join and fetch what is there."""
    with laptop.on():
        nodes.join(OPERATOR, url, code)
    return laptop.sync()


class Centre:
    """The life of a centre: cohorts that come and go, a register a day each."""

    def __init__(self, laptop: Machine, clock: StoryClock, rng: random.Random) -> None:
        self.laptop, self.clock, self.rng = laptop, clock, rng
        self.cohorts: list[tuple[str, list[str]]] = []
        self.marks = 0

    def intake(self, starts: date, number: int) -> None:
        """A new cohort takes the place of the oldest."""
        with self.laptop.on():
            centre = replication.home()
            cohort = people.open_cohort(OPERATOR, centre, f"{starts:%Y} {number}", "hotel-24m", starts)
            names = [
                {
                    "given_name": self.rng.choice(GIVEN),
                    "family_name": self.rng.choice(FAMILY),
                    "sex": self.rng.choice("FM"),
                    "cohort_id": cohort.id,
                }
                for _ in range(MEMBERS)
            ]
            members = [people.register_apprentice(OPERATOR, centre, values).id for values in names]
            self.cohorts = [*self.cohorts[-COHORTS + 1 :], (cohort.id, members)]

    def day(self, on: date) -> None:
        """All registers of a day, tap by tap."""
        self.clock.moment = datetime(on.year, on.month, on.day, 5, 0, tzinfo=UTC)
        with self.laptop.on():
            centre = replication.home()
            for cohort, members in self.cohorts:
                for apprentice in self.rng.sample(members, self.rng.choice((2, 3, 4, 5))):
                    self.clock.moment += timedelta(seconds=self.rng.choice((1, 2, 3, 5)))
                    attendance.mark(OPERATOR, centre, apprentice, on, self.rng.choice(("absent", "late", "excused")))
                self.clock.moment += timedelta(seconds=self.rng.choice((2, 4, 8)))
                attendance.mark_remaining_present(OPERATOR, cohort, on)
                self.marks += len(members)


def working_days(first: date, count: int) -> Iterator[date]:
    """The weekdays from a day on."""
    on = first
    while count:
        if on.weekday() < 5:
            yield on
            count -= 1
        on += timedelta(days=1)


def years(root: Path, central: Machine, url: str, clock: StoryClock, count: int, seed: int) -> None:
    """A centre's years, a second laptop that sleeps through the last of them, a third that comes at the end."""
    with central.on():
        code = nodes.invite_centre(OPERATOR, "Chuo cha Moshi", "TZ-09")
    first, second, third = (Machine(root / name, clock) for name in ("first", "second", "third"))
    enrol(first, url, code)
    with first.on():
        partition = replication.home()
    centre = Centre(first, clock, random.Random(seed))
    took, up = [], []
    for year in range(2016, 2016 + count):
        if year == 2016 + count - 1:
            with central.on():
                code = nodes.invite_laptop(OPERATOR, partition, "second")
            enrol(second, url, code)
            with second.on():
                people.open_cohort(OPERATOR, partition, "written before the year asleep", "hotel-24m", date(year, 1, 4))
        for number in range(COHORTS if year == 2016 else 3):
            centre.intake(date(year, 1, 4), number)
        for on in working_days(date(year, 1, 11), DAYS_A_YEAR):
            centre.day(on)
            began = time.process_time()
            up.append(first.sync().bytes_up)
            took.append(time.process_time() - began)
        say(
            "a centre's year",
            year=year,
            marks=centre.marks,
            exchanges=len(took),
            median_cpu_ms=round(1000 * statistics.median(took[-DAYS_A_YEAR:]), 1),
        )
    say("bytes up of a day's exchange", median=statistics.median(up), greatest=max(up))
    second_report = second.sync()
    say("a laptop that was offline for a year, both sides written", **vars(second_report))
    first.sync()
    with central.on():
        code = nodes.invite_laptop(OPERATOR, partition, "third")
    say(f"a new laptop fetches {count} years", marks=centre.marks, budget="bytes_down <= 1 MB", **vars(enrol(third, url, code)))
    say("databases", first_bytes=first.bytes(), third_bytes=third.bytes())


def in_a_row(root: Path, central: Machine, url: str, clock: StoryClock, count: int) -> None:
    """Exchanges with one change each, whole; and cut, with the reply lost after the server has stored, then whole."""
    with central.on():
        code = nodes.invite_centre(OPERATOR, "Chuo cha Tanga", "TZ-25")
    laptop = Machine(root / "row", clock)
    enrol(laptop, url, code)
    post = requests.Session.post

    def cut(self: requests.Session, *what: object, **how: object) -> requests.Response:
        post(self, *what, **how).close()  # type: ignore[arg-type]
        raise requests.ConnectionError

    for name in ("whole", "cut"):
        took, before = [], (laptop.bytes(), central.bytes())
        for k in range(count):
            with laptop.on():
                people.open_cohort(OPERATOR, replication.home(), f"{name} {k}", "hotel-24m", date(2020, 1, 6))
            began = time.process_time()
            if name == "cut":
                requests.Session.post = cut  # type: ignore[method-assign]
            try:
                laptop.sync()
            except replication.SyncError:
                requests.Session.post = post  # type: ignore[method-assign]
                laptop.sync()  # a line that never brings a reply would bring the same message again and again
            took.append(time.process_time() - began)
        tenth = count // 10
        say(
            f"{count} exchanges in a row, {name}",
            first_tenth_cpu_ms=round(1000 * statistics.median(took[:tenth]), 1),
            last_tenth_cpu_ms=round(1000 * statistics.median(took[-tenth:]), 1),
            laptop_grew=laptop.bytes() - before[0],
            central_grew=central.bytes() - before[1],
            staged=staged(laptop) + staged(central),
        )
    say("and then", **vars(laptop.sync()))


def staged(machine: Machine) -> int:
    """The rows of what waits for its rest."""
    from tracker.db import db

    with machine.on(), db.engine.connect() as connection:
        return int(connection.exec_driver_sql("select (select count(*) from sync_staged) + (select count(*) from sync_mail)").scalar_one())


def main() -> None:
    """Build, measure, clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--exchanges", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    os.environ["DAFTARI_LANGUAGE"] = "en"
    clock = StoryClock(moment=datetime(2016, 1, 4, 5, 0, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        central = Machine(root / "central", clock, seat="central", name="Makao makuu", port=0)
        with central.on():
            replication.found_central("Makao makuu")
        server = listen(central.app, central.app.extensions["settings"])
        Thread(target=server.serve, daemon=True).start()
        in_a_row(root, central, server.address, clock, asked.exchanges)
        years(root, central, server.address, clock, asked.years, asked.seed)
        server.stop()


if __name__ == "__main__":
    main()
