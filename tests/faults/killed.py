"""Kill a forked writer: `python -m tests.faults.killed --kills 300 --seed 1`.

The writer works on real files through the production engine: it writes, seals, exchanges with a second node whose file lies
beside, and checkpoints. It tells over a pipe what was acknowledged, and is ended by SIGKILL at a random moment. After each
kill nothing it had told may be missing, here or at the second node; the next write and the next exchange must go through.
A kill cannot tell whether commits are synced (`powercuts` can); it finds locks, files and memory left in a bad state.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from tests.faults.powercuts import country
from tests.faults.store import REGISTER
from tests.sync.world import Database, Node, PERSON, sync
from tracker.db import prepare_engine, sqlite_url
from tracker.disk import checkpoint

KILLS_PER_FOLDER: Final = 100  # then a new folder, so that a register of the usual size is killed and not a huge one
MOST_LINES: Final = 14  # a life is measured in what was told, so that a busy machine does not make it shorter
LONGEST_PAUSE_S: Final = 0.01


class FileDatabase(Database):
    """The production database in a file."""

    def __init__(self, path: Path) -> None:
        base = sa.create_engine(sqlite_url(path))
        prepare_engine(base)
        self.engine = base.execution_options(is_write=True)

    def read(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self.engine.begin() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement, values)]

    def close(self) -> None:
        self.engine.dispose()


def pair(folder: Path, rng: random.Random) -> tuple[Node, Node]:
    """A laptop and its hub over files in an empty folder."""
    laptop, hub, laptop_files, hub_files = country()
    nodes = []
    for node, files in ((laptop, laptop_files), (hub, hub_files)):
        path = folder / f"{node.name}.sqlite3"
        path.write_bytes(files[REGISTER])
        nodes.append(replace(node, home=laptop.home, draw=rng.randbytes, database=FileDatabase(path)))
    return nodes[0], nodes[1]


def _live(laptop: Node, hub: Node, rng: random.Random, told: int) -> None:
    """Write and exchange for ever. Tells `w <id>` when a person is saved and `x` when the hub has answered for all of them."""
    laptop.restart()
    while True:
        name = laptop.new(laptop.home, "person", given="Asha", family="x" * rng.choice((1, 1, 3_000)))
        os.write(told, f"w {name}\n".encode())
        if rng.random() < 0.15:
            sync(laptop, hub)
            os.write(told, b"x\n")
        if rng.random() < 0.1:
            checkpoint(laptop.database.engine, truncate=rng.random() < 0.5)


def killed_life(laptop: Node, hub: Node, rng: random.Random) -> list[str]:
    """One life in a process of its own. Returns the lines it told."""
    for node in (laptop, hub):
        node.database.close()  # a connection must not cross a fork
    hear, tell = os.pipe()
    life = random.Random(rng.random())
    child = os.fork()
    if child == 0:
        try:
            _live(laptop, hub, life, tell)
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(hear) as pipe:
        lines = [pipe.readline() for _ in range(rng.randrange(MOST_LINES))]
        time.sleep(rng.uniform(0, LONGEST_PAUSE_S))  # the random moment is the point
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        lines += pipe.readlines()
    return [line.rstrip("\n") for line in lines if line.endswith("\n")]


def check(laptop: Node, hub: Node, lines: list[str]) -> list[str]:
    """What is wrong after a life: empty when all is well."""
    wrong = []
    heard = max((k for k, line in enumerate(lines) if line == "x"), default=0)
    if missing := _names(lines) - _people(laptop, _names(lines)):
        wrong.append(f"lost: {sorted(missing)}")
    if missing := _names(lines[:heard]) - _people(hub, _names(lines[:heard])):
        wrong.append(f"lost at the hub: {sorted(missing)}")
    laptop.restart()
    hub.restart()
    name = laptop.new(laptop.home, "person", given="Baraka", family="after the kill")
    sync(laptop, hub)
    if not _people(hub, {name}):
        wrong.append("stuck: the next exchange brought nothing")
    return wrong


def _names(lines: list[str]) -> set[str]:
    return {line.removeprefix("w ") for line in lines if line.startswith("w ")}


def _people(node: Node, wanted: set[str]) -> set[str]:
    with node.begin() as connection:
        chosen = sa.select(PERSON.c.id).where(PERSON.c.partition == node.home, PERSON.c.id.in_(wanted))
        return set(connection.execute(chosen).scalars())


def check_whole(laptop: Node, hub: Node) -> list[str]:
    """The slow checks: the files are whole, the rows equal their refold, both nodes are equal."""
    wrong = []
    for node in (laptop, hub):
        with node.begin() as connection:
            if (found := connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()) != ["ok"]:
                wrong.append(f"damaged: {found[:3]}")
        shown = node.dump(node.home)
        node.refold(node.home)
        if node.dump(node.home) != shown:
            wrong.append(f"the rows of {node.name} are not their refold")
    if laptop.dump(laptop.home) != hub.dump(hub.home):
        wrong.append("the two nodes differ")
    return wrong


def run(kills: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Kill `kills` times. Returns what happened, and what was wrong."""
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    while seen["kills"] < kills:
        with tempfile.TemporaryDirectory() as folder:
            laptop, hub = pair(Path(folder), rng)
            for _ in range(min(KILLS_PER_FOLDER, kills - seen["kills"])):
                lines = killed_life(laptop, hub, rng)
                seen.update(kills=1, writes=len(_names(lines)), exchanges=lines.count("x"))
                wrong += [f"seed {seed}, kill {seen['kills']}: {each}" for each in check(laptop, hub, lines)]
            wrong += [f"seed {seed}, kill {seen['kills']}: {each}" for each in check_whole(laptop, hub)]
            laptop.database.close()
            hub.database.close()
    return seen, wrong


def main() -> int:
    """The command. Exit 1 when a kill did harm."""
    parser = argparse.ArgumentParser(description="Kill a forked writer of the real store")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.perf_counter()
    seen, wrong = run(asked.kills, asked.seed)
    for sentence in wrong[:10]:
        sys.stderr.write(f"{sentence}\n")
    seconds = round(time.perf_counter() - started, 1)
    sys.stdout.write(json.dumps({"seed": asked.seed, **seen, "wrong": len(wrong), "seconds": seconds}) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
