"""Five real machines on a bad line, killed at random, and their history judged: `python -m tests.line.country --minutes 1 --seed 1`.

A central office (gunicorn, or `daftari serve` where there is none), two laptops of one centre, one of another, and a
coordinator's, each a process of its own on a real data folder. The laptops write, read and sync through a proxy that
cuts, lies and replays; every process is ended by SIGKILL again and again, and some start by a clock that is years off.
Each notes in a journal what it is about to save, what was saved (after the save returned) and what it read. In the end
the faults stop, all sync, and the journals are held against what the machines hold:

  lost          a save that returned is nowhere: neither shown, nor in the history, nor in an open conflict
  from nowhere  a value is held that nobody was about to save
  backwards     a laptop read an older value after a newer one
  unmerged      the values that stand beside each other are not exactly those that no other save had before its eyes
  apart         two machines that read the same centre hold different rows or conflicts
  died          a process ended by itself
"""

import argparse
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, UTC
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

from werkzeug.serving import make_server

from tests.country import Machine, machine
from tests.journeys.looking import conflicts, rows
from tests.line.proxy import always, clean, mixture, Proxy
from tracker import clock, replication
from tracker.calendar import actions as calendar
from tracker.calendar.models import Notice
from tracker.db import db, stamp_of
from tracker.nodes import actions as nodes
from tracker.nodes.rules import AlreadyRunning
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR
from tracker.replication.checking import differences, faults

LAPTOPS = ("first", "second", "other", "coordinator")
APPRENTICES = 6  # few, so that two laptops meet in one row
OFFSETS_S = (0, 0, 0, 3_600, -10 * 365 * 86_400, 10 * 365 * 86_400)
REGION = "region/TZ-09"
SHARE_OF_FAULTS = 0.4
LAST_ROUNDS = 4
Entry: TypeAlias = dict[str, Any]


# ---- a laptop's process


def live(home: Path, url: str, seed: int) -> None:
    """Write, read and sync until killed; each line of the journal is with the system before anything else happens."""
    rng = random.Random(seed)
    laptop = machine(home, server=url)
    laptop.clock.set_by_s = rng.choice(OFFSETS_S)
    journal = os.open(journal_of(home), os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(does: str, **more: object) -> None:
        os.write(journal, json.dumps({"does": does, **more}).encode() + b"\n")

    for number in range(1_000_000):
        laptop.clock.moment = datetime.now(UTC)
        with laptop.on():
            act = rng.random()
            if act < 0.2:
                _sync(note)
            elif home.name == "coordinator":
                _announce(note, f"{home.name} {seed} {number}")
            else:
                _visit(note, f"{home.name} {seed} {number}" if act < 0.6 else None, rng)


def _sync(note: Any) -> None:
    try:
        nodes.sync_now(OPERATOR)
    except (replication.SyncError, AlreadyRunning) as error:
        note("failed", code=error.code)
    else:
        note("synced")


def _visit(note: Any, text: str | None, rng: random.Random) -> None:
    """Read a field of somebody, and write it where there is a text."""
    here = replication.home()
    chosen = rng.choice(sorted(row.id for row in db.session.query(Apprentice).filter_by(partition=here)))
    db.session.expire_all()
    row = db.session.get(Apprentice, {"partition": here, "id": chosen})
    assert row is not None
    stamp = stamp_of(row, "nida")
    note("read", row=chosen, value=row.nida, stamp=stamp[:2] if stamp else None)
    if text:
        note("saving", of=here, row=chosen, value=text, base=row.nida)
        people.correct_apprentice(OPERATOR, chosen, {"nida": text}, None)
        note("saved", of=here, row=chosen, value=text)


def _announce(note: Any, text: str) -> None:
    """Write a notice of the region; its source is its name."""
    note("saving", of=REGION, row=text, value=text, base=None)
    calendar.close(OPERATOR, REGION, "region", "TZ-09", "both", "flood", clock.today(), source=text, authority="RC")
    note("saved", of=REGION, row=text, value=text)


def journal_of(home: Path) -> Path:
    return home.with_name(f"{home.name}.journal")


# ---- processes


@dataclass
class Site:
    """The processes of a run, by the name of their machine."""

    folder: Path
    port: int
    url: str
    rng: random.Random
    living: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    died: list[str] = field(default_factory=list)

    def start(self, name: str) -> None:
        home = self.folder / name
        if name == "central":
            command, environ = self._server(home)
        else:
            command = [sys.executable, "-m", "tests.line.country", "--laptop", str(home), "--url", self.url]
            command += ["--seed", str(self.rng.randrange(10**9))]
            environ = dict(os.environ)
        with (self.folder / f"{name}.err").open("ab") as told:
            self.living[name] = subprocess.Popen(command, stdout=told, stderr=told, env=environ, start_new_session=True)

    def _server(self, home: Path) -> tuple[list[str], dict[str, str]]:
        environ = os.environ | {"DAFTARI_HOME": str(home)}
        if find_spec("gunicorn"):
            options = ["--workers", "2", "--bind", f"127.0.0.1:{self.port}", "--log-level", "error"]
            return [sys.executable, "-m", "gunicorn", *options, "tracker.serve:application()"], environ
        return [sys.executable, "-m", "tracker", "serve", "--port", str(self.port)], environ

    def kill(self, name: str) -> None:
        process = self.living.pop(name)
        if process.poll() is not None:
            self.died.append(f"died: {name} ended by itself, see {name}.err")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills[name] = self.kills.get(name, 0) + 1

    def wait_for_server(self) -> None:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("the central office does not answer")


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


def found(folder: Path) -> dict[str, Machine]:
    """The machines before anything happens: two centres, a coordinator of their region, all joined."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    central = machine(folder / "central", seat="central", name="VETA")
    with central.app.app_context():
        replication.found_central("VETA")
    server = make_server("127.0.0.1", 0, central.app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    made = {"central": central}

    def enrol(name: str, code: str, **settings: str) -> None:
        made[name] = machine(folder / name, **settings)
        with made[name].on():
            nodes.join(OPERATOR, url, code)
        made[name].sync()

    def invite(make: Any, *words: object) -> str:
        with central.on():
            return str(make(OPERATOR, *words))

    enrol("first", invite(nodes.invite_centre, "Chuo cha Moshi", "TZ-09"))
    enrol("other", invite(nodes.invite_centre, "Chuo cha Hai", "TZ-09"))
    homes = {}
    for name in ("first", "other"):
        with made[name].on() as make:
            homes[name] = make.centre
            for k in range(APPRENTICES):
                make.apprentice(f"Asha {k}")
        made[name].sync()
    enrol("second", invite(nodes.invite_laptop, homes["first"], "Kompyuta ya pili"))
    enrol("coordinator", invite(nodes.invite_coordinator, "Kilimanjaro", ["TZ-09"], list(homes.values())), seat="region")
    server.shutdown()
    server.server_close()
    return made


# ---- judging


@dataclass
class Judged:
    """What came of it."""

    saves: int = 0
    reads: int = 0
    synced: int = 0
    failed: int = 0
    cut_saves: int = 0
    conflicts: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Held:
    """What a machine holds of a field: the values beside each other, and all that were ever shown or kept."""

    heads: frozenset[str]
    ever: frozenset[str]


NOTHING = Held(frozenset(), frozenset())


@dataclass
class Told:
    """What the journals say of a partition: the save of each value by row, and which of the values are saved."""

    about: dict[str, dict[str, Entry]] = field(default_factory=dict)
    saved: dict[str, set[str]] = field(default_factory=dict)


def _journals(folder: Path) -> Iterator[tuple[str, Entry]]:
    for name in LAPTOPS:
        with suppress(FileNotFoundError):
            for line in journal_of(folder / name).read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    yield name, json.loads(line)


def _read(folder: Path, judged: Judged) -> dict[str, Told]:
    """The journals by partition; reads are judged at once."""
    told: dict[str, Told] = {}
    newest: dict[tuple[str, str], list[Any]] = {}
    for name, entry in _journals(folder):
        match entry["does"]:
            case "saving":
                told.setdefault(entry["of"], Told()).about.setdefault(entry["row"], {})[entry["value"]] = entry
            case "saved":
                judged.saves += 1
                told[entry["of"]].saved.setdefault(entry["row"], set()).add(entry["value"])
            case "read":
                judged.reads += 1
                before, stamp = newest.get((name, entry["row"])), entry["stamp"]
                if before and (stamp is None or stamp < before):
                    judged.wrong.append(f"backwards: {name} read {entry} after {before}")
                if stamp:
                    newest[name, entry["row"]] = stamp
            case "synced":
                judged.synced += 1
            case "failed":
                judged.failed += 1
    return told


def _held(on: Machine, partition: str) -> dict[str, Held]:
    """What a machine holds of each row of a partition."""
    with on.on():
        if partition == REGION:
            sources = [frozenset({notice.source}) for notice in db.session.query(Notice) if notice.source]
            return {source: Held(frozenset({source}), frozenset({source})) for (source,) in sources}
        beside = {each.key: each for each in replication.open_conflicts(partition) if each.group == "nida"}
        found = {}
        for row in db.session.query(Apprentice).filter_by(partition=partition):
            versions = beside[row.id,].versions if (row.id,) in beside else ()
            heads = {row.nida, *(version.values["nida"] for version in versions)}
            past = {version.values["nida"] for version in replication.history(row) if version.group == "nida"}
            found[row.id] = Held(_texts(heads), _texts(heads | past))
        return found


def _texts(values: set[Any]) -> frozenset[str]:
    return frozenset(str(value) for value in values if value is not None)


def judge(folder: Path, machines: dict[str, Machine]) -> Judged:
    """Hold the journals against the machines."""
    judged = Judged()
    told = _read(folder, judged)
    homes = {}
    for name in ("first", "other"):
        with machines[name].on() as make:
            homes[name] = make.centre
    readers = {homes["first"]: ("first", "second", "coordinator"), homes["other"]: ("other", "coordinator"), REGION: LAPTOPS}
    for partition, names in readers.items():
        told_here = told.get(partition, Told())
        for name in ("central", *names):
            judged.wrong += [f"{fault} (of {partition} at {name})" for fault in _faults(told_here, _held(machines[name], partition))]
        whole = rows(machines["central"], partition), conflicts(machines["central"], partition)
        judged.conflicts += len(whole[1])
        apart = [name for name in names if (rows(machines[name], partition), conflicts(machines[name], partition)) != whole]
        judged.wrong += [f"apart: central and {name} in {partition}" for name in apart]
    judged.cut_saves = sum(len(about) for each in told.values() for about in each.about.values()) - judged.saves
    for name, each in machines.items():
        with each.on():
            judged.wrong += [f"{name}: {fault}" for fault in [*faults(), *map(str, differences()), *replication.quarantined()]]
    return judged


def _faults(told: Told, held: dict[str, Held]) -> Iterator[str]:
    for row in sorted(told.saved.keys() | held.keys()):
        about, has = told.about.get(row, {}), held.get(row, NOTHING)
        yield from (f"lost: {value}" for value in sorted(told.saved.get(row, set()) - has.ever))
        yield from (f"from nowhere: {value}" for value in sorted(has.ever - about.keys()))
        # A save replaces the value that it had before its eyes, and stands beside all others.
        replaced = {about[value]["base"] for value in has.ever & about.keys()}
        if (expected := has.ever - replaced) != has.heads:
            yield f"unmerged: in {row} {sorted(has.heads)} stand beside each other, not {sorted(expected)}"


# ---- a run


def run(folder: Path, seconds: float, seed: int) -> tuple[Judged, Site, int]:
    """Let it go on for so long, then stop the faults and judge. Returns (what came of it, processes, requests at the proxy)."""
    rng = random.Random(seed)
    machines = found(folder)
    for each in machines.values():
        with each.app.app_context():
            db.engine.dispose()
    port = _free_port()
    with Proxy(f"http://127.0.0.1:{port}", mixture(seed, SHARE_OF_FAULTS), seed) as proxy:
        site = Site(folder, port, proxy.url, rng)
        try:
            for name in ("central", *LAPTOPS):
                site.start(name)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(rng.uniform(0.5, 4))
                name = rng.choice(("central", *LAPTOPS))
                site.kill(name)
                time.sleep(rng.uniform(0, 1))
                site.start(name)
            for name in LAPTOPS:
                site.kill(name)
            site.wait_for_server()
            proxy.plan = always(clean)
            for name in LAPTOPS:
                with machines[name].on():
                    nodes.keep_settings(server=proxy.url)
            for _ in range(LAST_ROUNDS):
                for name in LAPTOPS:
                    machines[name].clock.moment = datetime.now(UTC)
                    machines[name].sync()
            site.kill("central")
        finally:
            for name in list(site.living):
                site.kill(name)
    judged = judge(folder, machines)
    judged.wrong += site.died
    for each in machines.values():
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()
    return judged, site, len(proxy.asked)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder that is kept, with databases, journals and what the processes said")
    parser.add_argument("--laptop", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.laptop:
        live(asked.laptop, asked.url, asked.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        judged, site, requests = run(folder, asked.minutes * 60, asked.seed)
    figures = {key: value for key, value in vars(judged).items() if key != "wrong"}
    print(json.dumps({"seed": asked.seed, **figures, "requests": requests, "kills": site.kills, "wrong": len(judged.wrong)}))  # noqa: T201
    for each in judged.wrong[:40]:
        print(each, file=sys.stderr)  # noqa: T201
    return 1 if judged.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
