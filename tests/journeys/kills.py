"""Kill a laptop's process while it saves and syncs: `python -m tests.journeys.kills --kills 50 [--seed 1]`.

The victim is a process of its own on a real data folder; it says on its standard output what was saved, after the save
returned, and syncs with a real server every few saves. It is ended by SIGKILL at a random moment, again and again. After
each kill everything it had said must be in its database; in the end the next exchange must bring all of it to central.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

from werkzeug.serving import make_server

from tests.country import Machine, machine
from tests.journeys.looking import rows
from tracker import replication
from tracker.attendance import actions as attendance
from tracker.attendance.models import Mark
from tracker.db import db
from tracker.nodes import actions as nodes
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR
from tracker.replication.checking import faults

STATUSES = ("present", "absent", "late", "excused")
FIRST_DAY = date(2026, 1, 5)


def victim(home: Path, url: str, seed: int) -> None:
    """Save marks and sync, until killed. Each save that returned is told: apprentice, day, status."""
    rng = random.Random(seed)
    laptop = machine(home, server=url)
    with laptop.on():
        apprentices = sorted(row.id for row in db.session.query(Apprentice))
    print("ready", flush=True)  # noqa: T201
    while True:
        with laptop.on() as make:
            apprentice, day = rng.choice(apprentices), FIRST_DAY + timedelta(days=rng.randrange(40))
            status = rng.choice(STATUSES)
            print("saving", apprentice, day, status, flush=True)  # noqa: T201
            attendance.mark(OPERATOR, make.centre, apprentice, day, status)
            print("saved", apprentice, day, status, flush=True)  # noqa: T201
        if rng.random() < 0.2:
            laptop.sync()
            print("synced", flush=True)  # noqa: T201


def _live(home: Path, url: str, seed: int, lifetime_s: float) -> list[str]:
    """One life of the victim; returns the lines that it managed to say."""
    command = [sys.executable, "-m", "tests.journeys.kills", "--victim", str(home), "--url", url, "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(lifetime_s)  # the random moment is the point
        process.kill()
        said = process.stdout.read().splitlines(keepends=True)
    return [line.rstrip() for line in said if line.endswith("\n")]


def _saved(laptop: Machine) -> dict[tuple[str, str], str | None]:
    with laptop.on() as make:
        assert faults() == []
        return {(row.apprentice_id, row.on.isoformat()): row.status for row in db.session.query(Mark).filter_by(partition=make.centre)}


def _expected(before: dict[tuple[str, str], str | None], lines: list[str]) -> list[dict[tuple[str, str], str | None]]:
    """What may be saved now: all that was told, with or without a save that had begun and was not told of."""
    expected = dict(before)
    begun: dict[tuple[str, str], str | None] = {}
    for line in lines:
        match line.split():
            case ["saving", apprentice, day, status]:
                begun = {(apprentice, day): status}
            case ["saved", apprentice, day, status]:
                expected[apprentice, day] = status
                begun = {}
    return [expected, expected | begun]


def run(kills: int, seed: int, folder: Path) -> dict[str, int]:
    """Kill `kills` times. Returns what happened; raises AssertionError when something acknowledged is missing."""
    rng = random.Random(seed)
    central = machine(folder / "central", seat="central", name="VETA")
    with central.app.app_context():
        replication.found_central("VETA")
    server = make_server("127.0.0.1", 0, central.app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    laptop = machine(folder / "laptop")
    with central.on():
        code = nodes.invite_centre(OPERATOR, "Chuo cha Moshi", "TZ-09")
    with laptop.on():
        nodes.join(OPERATOR, url, code)
    laptop.sync()
    with laptop.on() as make:
        for k in range(30):
            people.register_apprentice(OPERATOR, make.centre, {"given_name": f"Asha {k}", "family_name": "Juma"})
        centre = make.centre
    saved: dict[tuple[str, str], str | None] = {}
    count = {"kills": 0, "saves": 0, "syncs": 0, "cut saves": 0}
    for life in range(kills):
        lines = _live(folder / "laptop", url, seed * 1_000 + life, rng.uniform(0.02, 0.6))
        expected = _expected(saved, lines)
        saved = _saved(laptop)
        assert saved in expected, f"seed {seed}, life {life}: acknowledged and not saved"
        count["kills"] += 1
        count["saves"] += sum(line.startswith("saved") for line in lines)
        count["syncs"] += lines.count("synced")
        count["cut saves"] += expected[0] != expected[1]
    laptop.sync()
    assert rows(laptop, centre) == rows(central, centre), "the next exchange did not converge"
    server.shutdown()
    server.server_close()
    for each in (central, laptop):
        with each.app.app_context():
            db.engine.dispose()
    return count


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--victim", type=Path)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    if asked.victim:
        victim(asked.victim, asked.url, asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        print(f"seed {asked.seed}: {run(asked.kills, asked.seed, Path(folder))}, nothing acknowledged was lost")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
