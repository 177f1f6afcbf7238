#!/usr/bin/env python3
"""What a sync costs on the wire: the standard work through real commands, real folders, a real server.

  python benchmarks/wire.py [--seed 7]

Prints one JSON line a measure: bytes as the laptop counts them, HTTP headers included (equal to what a counting proxy
sees), beside the budget of the design. Nothing here judges; read the lines.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta, UTC
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import term_files

PORT = 8471
TAPPERS = ("Amina", "Baraka", "Chausiku", "Dalali", "Eliya")


def daftari(home: Path, *words: object) -> dict[str, object]:
    """Run one command with --json."""
    command = [sys.executable, "-m", "tracker", "--home", str(home), "--json", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout))


def measure(name: str, budget: str, home: Path) -> None:
    """One exchange, as a line."""
    found = daftari(home, "sync")
    print(json.dumps({"measure": name, "budget": budget, **found}), flush=True)


def tap(home: Path, files: Path, seed: int) -> None:
    """Enter a day's marks one by one, as five people at their own pace, each tap a save of its own."""
    from tracker import config, replication
    from tracker.accounts import actions as accounts
    from tracker.app import create_app
    from tracker.attendance import actions as attendance
    from tracker.clock import StoryClock
    from tracker.people import queries as people
    from tracker.policy import Actor, OPERATOR

    rng = random.Random(seed)
    clock = StoryClock(moment=datetime(2020, 8, 25, 5, 0, tzinfo=UTC))
    app = create_app(config.load(home), clock=clock)
    with app.app_context():
        centre = replication.home()
        staff = [accounts.add_user(OPERATOR, centre, name.lower(), name, "registrar", "maneno manne ya siri").staff_id for name in TAPPERS]
        replication.sync_now(config.load(home).server)
        numbers = people.by_number(OPERATOR, centre)
        lines = (files / "attendance.csv").read_text(encoding="utf-8").splitlines()[1:]
        for k, line in enumerate(lines):
            number, on, status = line.split(",")
            person = Actor(id=staff[k * len(staff) // len(lines)], name="", role="registrar", partitions=frozenset({centre}), home=centre)
            attendance.mark(person, centre, numbers[number].id, date.fromisoformat(on), status)
            assert clock.moment is not None
            clock.moment += timedelta(seconds=rng.choice((1, 1, 2, 2, 3, 5, 8)))


def main() -> None:
    """Build the centre, measure, clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    os.environ["DAFTARI_LANGUAGE"] = "en"
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        central, laptop = root / "central", root / "laptop"
        daftari(central, "init", "--seat", "central", "--name", "Makao makuu")
        serve = [sys.executable, "-m", "tracker", "--home", str(central), "serve", "--port", str(PORT)]
        server = subprocess.Popen(serve, stdout=subprocess.DEVNULL)
        try:
            time.sleep(3)  # until the server listens
            code = daftari(central, "invite", "--seat", "centre", "--name", "NCT Arusha", "--region", "TZ-01")["code"]
            daftari(laptop, "join", f"http://127.0.0.1:{PORT}", code)
            daftari(laptop, "sync")
            term = term_files.term_files(root / "term", asked.seed)
            for kind in ("apprentices", "employers", "placements", "attendance"):
                daftari(laptop, "import", kind, term / f"{kind}.csv")
            measure("term push, 12,400 records", "bytes_up <= 14600", laptop)
            measure("nothing new", "bytes_up + bytes_down <= 700", laptop)
            daftari(laptop, "import", "attendance", term_files.term_files(root / "day", asked.seed, only_day=61) / "attendance.csv")
            measure("day push, imported", "bytes_up <= 1460, messages = 1", laptop)
            tap(laptop, term_files.term_files(root / "tapped", asked.seed, only_day=62), asked.seed)
            measure("day push, tapped one by one by five people", "bytes_up <= 1460, messages = 1", laptop)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
