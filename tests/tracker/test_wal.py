"""The log that a process leaves behind: damage is named, and a kill is no damage."""

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from flask import Flask

from tests.conftest import Browser
from tracker import wal

VICTIM = """
import random, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("pragma synchronous=off")
database.execute("pragma wal_autocheckpoint=20")
print("ready", flush=True)
while True:
    database.execute("begin immediate")
    for _row in range(random.randrange(1, 40)):
        database.execute("insert into t (words) values (?)", [random.randbytes(random.randrange(1, 6000))])
    database.execute(random.choice(["commit", "commit", "rollback"]))
"""


def _database(folder: Path, name: str = "x.sqlite3") -> sqlite3.Connection:
    connection = sqlite3.connect(folder / name, isolation_level=None)
    for statement in ("pragma journal_mode=wal", "pragma cache_size=10", "create table if not exists t (words)"):
        connection.execute(statement)
    return connection


def _act(connection: sqlite3.Connection, rng: random.Random) -> None:
    """One transaction as SQLite knows them: small or spilling, committed, rolled back as a whole or in part."""
    connection.execute("begin immediate")
    rows = rng.choice([1, 1, 1, 30])
    for _row in range(rows):
        connection.execute("insert into t values (?)", [rng.randbytes(rng.randrange(1, 5000))])
    if rng.random() < 0.2:
        connection.execute("savepoint s")
        for _row in range(rows):
            connection.execute("insert into t values (?)", [rng.randbytes(4000)])
        connection.execute("rollback to s")
    connection.execute(rng.choice(["commit", "commit", "rollback"]))
    if rng.random() < 0.15:
        connection.execute(f"pragma wal_checkpoint({rng.choice(['passive', 'restart', 'full'])})")


def _left_behind(folder: Path, seed: int, count: int, *, with_index: bool) -> Iterator[Path]:
    """What a killed process would have left, after each of its transactions."""
    rng = random.Random(seed)
    with closing(_database(folder)) as connection:
        connection.execute("pragma wal_autocheckpoint=60")
        for number in range(count):
            _act(connection, rng)
            copy = folder / f"{number}.sqlite3"
            for suffix in ("", "-wal", *(["-shm"] if with_index else [])):
                shutil.copyfile(folder / f"x.sqlite3{suffix}", folder / f"{copy.name}{suffix}")
            yield copy


def _words(database: Path) -> list[bytes] | None:
    """What SQLite reads, and whether it complains (None)."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            if connection.execute("pragma integrity_check").fetchone() != ("ok",):
                return None
            return [words for (words,) in connection.execute("select words from t order by rowid")]
    except sqlite3.DatabaseError:
        return None


@pytest.mark.parametrize("with_index", [True, False])
def test_a_log_without_damage_is_never_called_damaged(tmp_path: Path, with_index: bool) -> None:
    for copy in _left_behind(tmp_path, 1, 150, with_index=with_index):
        assert not wal.is_damaged(copy)
    assert not wal.is_damaged(tmp_path / "x.sqlite3")  # closed in order: no log at all
    assert not wal.is_damaged(tmp_path / "nothing.sqlite3")


@pytest.mark.parametrize("with_index", [True, False])
def test_a_flipped_bit_is_named_unless_nothing_is_missing(tmp_path: Path, with_index: bool) -> None:
    rng = random.Random(2)
    named = 0
    for copy in _left_behind(tmp_path, 3, 150, with_index=with_index):
        log = copy.with_name(f"{copy.name}-wal")
        text = bytearray(log.read_bytes())
        whole = copy.with_name("whole.sqlite3")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{copy}{suffix}", f"{whole}{suffix}")
        text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
        log.write_bytes(text)
        is_named = wal.is_damaged(copy)
        named += is_named
        assert is_named or _words(copy) == _words(whole)
    assert named > 30


def test_a_killed_writer_leaves_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    _database(tmp_path).close()
    rng = random.Random(4)
    for _life in range(8):
        with subprocess.Popen([sys.executable, "-c", VICTIM, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))  # the random moment is the point
            process.kill()
            process.wait()
        assert not wal.is_damaged(path)


def test_a_full_log_is_examined_in_a_moment(tmp_path: Path) -> None:
    with closing(_database(tmp_path)) as connection:
        connection.execute("pragma wal_autocheckpoint=0")
        for _row in range(100):
            connection.execute("insert into t values (?)", [bytes(40_000)])
        began = perf_counter()
        assert not wal.is_damaged(tmp_path / "x.sqlite3")
        assert perf_counter() - began < 2  # the four megabytes at which SQLite empties it take a tenth of a second


def test_every_page_says_that_a_save_may_be_missing_until_somebody_has_looked(app: Flask, client: Browser) -> None:
    in_doubt = "the last save may be missing"
    assert in_doubt not in client.get("/accounts/sign-in").text
    (app.extensions["settings"].home / wal.NOTE_FILE).write_text('{"at": 1772427600}')
    assert in_doubt in client.get("/accounts/sign-in").text
    client.sign_in("amina")
    assert "2 March 2026, 08:00" in client.get("/people/").text
    client.send("/nodes/looked")
    assert in_doubt not in client.get("/people/").text
