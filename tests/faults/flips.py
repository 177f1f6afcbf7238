"""Flip bytes on a laptop's disk: `python -m tests.faults.flips --flips 300 [--seed 1] [--kind log] [--only 17]`.

A small real data folder (it has joined, exchanged, holds a conflict and unsent changes) is copied; 1 to 64 random bytes of
its database, its log, one segment's body, a backup or a bundle are flipped; then the production code opens what is left.
Each flip must be named (opening, the log's examination, `check --deep`, unpacking or reading refuses) or harmless: every
synced row, segment, unsent change and value of the node's own is what it was. Anything else is SILENT, and a failure.
"""

import argparse
import io
import logging
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any, Final

from sqlalchemy.exc import DatabaseError
from werkzeug.serving import make_server

from tests.country import Machine, machine
from tracker import migrations, replication, wal
from tracker.attendance import actions as attendance
from tracker.cli import run as run_command
from tracker.cli.voice import NewerDatabase
from tracker.db import db
from tracker.errors import DomainError
from tracker.nodes import actions as nodes
from tracker.people import actions as people
from tracker.policy import OPERATOR
from tracker.replication import checking, copies, SyncError, tables

KINDS: Final = ("database", "log", "segment", "backup", "bare backup", "bundle")
OWN_TABLES: Final = ("sync_self", "sync_segment", "sync_pending", "sync_partition", "sync_head", "sync_past", "sync_quarantine")
FLIPS_MAX_LOG: Final = 6  # 2 ** 6 bytes
Rows = dict[str, list[tuple[Any, ...]]]


class Silent(AssertionError):
    """Something is not what it was, and nobody said so."""


@dataclass(frozen=True)
class World:
    """What is flipped, and what is true of it.

    closed  a data folder that was closed in order
    killed  the same folder as a killed process leaves it: part of the truth stands in the log
    backup  what the command made of it; bare: as older versions made it
    bundle  all that the server lacks, as the laptop wrote it on a stick; office: the server's folder before it is read
    laptop  the application over `case`, where each flip is judged; server: the one over `desk`, that reads bundles
    """

    closed: Path
    killed: Path
    backup: Path
    bare: Path
    bundle: Path
    office: Path
    laptop: Machine
    case: Path
    server: Machine
    desk: Path
    truth: Rows
    truth_of_killed: Rows
    truth_of_office: Rows


# ---- the world


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A centre's laptop in `folder`, and copies of what it keeps."""
    central = machine(folder / "central", seat="central", name="VETA")
    with central.app.app_context():
        replication.found_central("VETA")
    server = make_server("127.0.0.1", 0, central.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    laptop = machine(folder / "laptop")
    try:
        with central.on():
            code = nodes.invite_centre(OPERATOR, "Chuo cha Moshi", "TZ-09")
        with laptop.on():
            nodes.join(OPERATOR, url, code)
        laptop.sync()
        _work(laptop, days=4)
        laptop.sync()
        _work(laptop, days=2)  # never sent
        with laptop.app.app_context():
            replication.catch_up()  # as every start does
        _close(laptop)
        for name in ("closed", "killed"):
            shutil.copytree(folder / "laptop", folder / name)
        backup, bare = folder / "akiba.zip", folder / "akiba.sqlite3"
        with redirect_stdout(io.StringIO()):
            assert run_command(["--home", str(folder / "laptop"), "--json", "backup", str(backup)]) == 0
        copies.copy_database(folder / "laptop" / copies.DATABASE, bare)
        _leave_a_log(laptop, folder / "laptop", folder / "killed")
        bundle = folder / "laptop.daftari"
        with laptop.on():
            hub = replication.hub_key()
            assert hub is not None
            replication.write_bundle(bundle, hub)
        _close(central)
        for source, copy in (("closed", "case"), ("killed", "whole"), ("central", "office"), ("central", "desk")):
            shutil.copytree(folder / source, folder / copy)
        case, desk = machine(folder / "case", server=url), machine(folder / "desk", seat="central", name="VETA")
        with desk.on():
            assert replication.read_bundle(bundle).is_whole
        _close(case)
        _close(desk)
        yield World(
            *(folder / "closed", folder / "killed", backup, bare, bundle, folder / "office"),
            *(case, folder / "case", desk, folder / "desk"),
            *(_read(folder / each / copies.DATABASE) for each in ("closed", "whole", "desk")),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for each in (central, laptop):
            _close(each)


def _work(laptop: Machine, days: int) -> None:
    with laptop.on() as make:
        apprentices = [
            people.register_apprentice(OPERATOR, make.centre, {"given_name": f"Asha {k}", "family_name": "Juma", "phone": f"07{k:08}"})
            for k in range(6)
        ]
        for day in range(1, days + 1):
            for k, apprentice in enumerate(apprentices):
                attendance.mark(OPERATOR, make.centre, apprentice.id, date(2026, 1, day), ("present", "absent", "late")[(day + k) % 3])


def _close(laptop: Machine) -> None:
    with laptop.app.app_context():
        db.session.remove()
        db.engine.dispose()


def _leave_a_log(laptop: Machine, living: Path, copy: Path) -> None:
    """Save a little more, and copy the files of the folder while it is open, as they lie there after a kill."""
    with laptop.app.app_context(), db.engine.connect():
        _work(laptop, days=2)
        for suffix in ("", "-wal", "-shm"):
            shutil.copyfile(f"{living / copies.DATABASE}{suffix}", f"{copy / copies.DATABASE}{suffix}")


def _read(database: Path) -> Rows:
    """Everything that must stay true: synced rows, and the engine's own tables."""
    with closing(sqlite3.connect(database)) as connection:
        synced = sorted(declared.rows.name for declared in tables.schema().tables.values())
        return {name: sorted(connection.execute(f'select * from "{name}"').fetchall(), key=repr) for name in (*OWN_TABLES, *synced)}


# ---- flipping


def flip(content: bytes, rng: random.Random, *, first: int = 0) -> bytes:
    """The content with 1 to 64 other bytes, none before `first`."""
    flipped = bytearray(content)
    for place in rng.sample(range(first, len(flipped)), min(1 << rng.randint(0, FLIPS_MAX_LOG), len(flipped) - first)):
        flipped[place] ^= rng.randrange(1, 256)
    return bytes(flipped)


def _flip_file(path: Path, rng: random.Random) -> None:
    path.write_bytes(flip(path.read_bytes(), rng))


def _lay_out(source: Path, target: Path) -> Path:
    """Copy the database of a folder with what belongs to it; gives its path."""
    for suffix in ("", "-wal", "-shm"):
        path = target / f"{copies.DATABASE}{suffix}"
        path.unlink(missing_ok=True)
        if (source / path.name).exists():
            shutil.copyfile(source / path.name, path)
    return target / copies.DATABASE


# ---- judging


def judge(here: World, kind: str, rng: random.Random) -> str:
    """Flip and open: in which way it was named, or "harmless". Raises Silent."""
    if "backup" in kind:
        return _judge_backup(here, kind, rng)
    if kind == "bundle":
        return _judge_bundle(here, rng)
    database = _lay_out(here.killed if kind == "log" else here.closed, here.case)
    if kind == "log":
        if rng.random() < 0.5:  # after a cut of power there is no index beside the log
            database.with_name(f"{copies.DATABASE}-shm").unlink()
        _flip_file(database.with_name(f"{copies.DATABASE}-wal"), rng)
    elif kind == "database":
        _flip_file(database, rng)
    else:
        with closing(sqlite3.connect(database)) as connection, connection:
            segment, body = rng.choice(connection.execute("select id, body from sync_segment order by id").fetchall())
            connection.execute("update sync_segment set body = ? where id = ?", (flip(body, rng), segment))
    return _judge_database(here, database, here.truth_of_killed if kind == "log" else here.truth)


def _judge_database(here: World, database: Path, truth: Rows) -> str:
    if wal.is_damaged(database):
        return "named by the log"
    try:
        found = _open_and_check(here.laptop)
    except (DatabaseError, DomainError, SyncError) as error:
        return f"refused: {type(error).__name__}"
    finally:
        _close(here.laptop)
    if found:
        return "named by the check"
    _compare(database, truth)
    return "harmless"


def _open_and_check(laptop: Machine) -> checking.Findings:
    """As a command opens a data folder, and then as `check --deep` looks at it."""
    laptop.app.extensions["forget_replica"]()
    with laptop.app.app_context():
        if not replication.is_set_up():
            raise replication.NotSetUp
        if migrations.is_newer(db.engine):
            raise NewerDatabase
        if migrations.is_due(db.engine):
            migrations.upgrade(db.engine)
        replication.catch_up()
        return checking.examine(deep=True)


def _compare(database: Path, truth: Rows) -> None:
    found = _read(database)
    wrong = [name for name in truth if found[name] != truth[name]]
    if wrong:
        lost = {name: [row for row in truth[name] if row not in found[name]] for name in wrong}
        instead = {name: [row for row in found[name] if row not in truth[name]] for name in wrong}
        raise Silent(f"{wrong}: {lost} became {instead}")


def _judge_backup(here: World, kind: str, rng: random.Random) -> str:
    whole = here.backup if kind == "backup" else here.bare
    flipped, work = here.case.with_name("flipped"), here.case.with_name("unpacked")
    flipped.write_bytes(flip(whole.read_bytes(), rng))
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        copies.unpack(flipped, work)
    except DomainError as error:
        return f"refused: {type(error).__name__}"
    return _judge_database(here, _lay_out(work, here.case), here.truth)


def _judge_bundle(here: World, rng: random.Random) -> str:
    database = _lay_out(here.office, here.desk)
    flipped = here.bundle.with_name("flipped.daftari")
    flipped.write_bytes(flip(here.bundle.read_bytes(), rng))
    here.server.app.extensions["forget_replica"]()
    try:
        with here.server.on():
            brought = replication.read_bundle(flipped)
    except (DomainError, SyncError) as error:
        return f"refused: {type(error).__name__}"
    finally:
        _close(here.server)
    if not brought.is_whole:
        return "named by its reader"
    _compare(database, here.truth_of_office)
    return "harmless"


def run(here: World, flips: int, seed: int, kinds: tuple[str, ...] = KINDS, only: int | None = None) -> Counter[str]:
    """Judge so many flips; how many ended in which way, by kind. Raises Silent with what repeats it."""
    counts: Counter[str] = Counter()
    for number in range(flips) if only is None else [only]:
        kind = kinds[number % len(kinds)]
        rng = random.Random(f"{seed}/{number}/{kind}")
        try:
            counts[f"{kind}: {judge(here, kind, rng)}"] += 1
        except Exception as error:  # a crash, too: a person would read that what was saved is safe
            raise Silent(f"--seed {seed} --only {number} --kind '{kind}': {error!r:.2000}") from error
    return counts


def main() -> int:
    """Run from the command line."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as here:
        try:
            counts = run(here, asked.flips, asked.seed, (asked.kind,) if asked.kind else KINDS, asked.only)
        except Silent as silent:
            print(f"SILENT: {silent}")  # noqa: T201
            return 1
    for what, count in sorted(counts.items()):
        print(f"{count:6} {what}")  # noqa: T201
    print(f"seed {asked.seed}: {asked.flips} flips, none silent")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
