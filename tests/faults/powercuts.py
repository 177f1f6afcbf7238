"""Power cuts under the real store: `python -m tests.faults.powercuts --cuts 2000 --seed 1 [--synchronous NORMAL]`.

A short life of one node runs once through the production code: local writes, sealing, exchanges as asker or as hub with a
second node, checkpoints, a restart. Then the power is cut after many of its disk calls, and what is left is opened again:

- the file is whole (`PRAGMA integrity_check`);
- it holds the very content of the last transaction that was acknowledged, or of the one that was then in flight: so no
  acknowledged write, and no message whose reply was sent or taken, is lost, and none is there by half;
- in a share of the cases: the register goes on, and is cut again; the rows equal their refold; an exchange converges.

With `--synchronous NORMAL` the same must find losses: that shows that the test can fail.
"""

import argparse
import hashlib
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from tests.faults.store import Call, Disk, Platter, prepared, Store
from tests.sync.world import Database, Node, PERSON, sync, World

CUTS_PER_LIFE: Final = 150
STEPS_PER_LIFE: Final = 12


class Failure(Exception):
    """What a cut did that it must not. kind: lost, corrupt, unfolded, apart."""

    def __init__(self, kind: str, seed: int, cut: int, details: str = "") -> None:
        super().__init__(f"{kind}: --seed {seed} --cuts {CUTS_PER_LIFE} (the cut after disk call {cut}) {details}")
        self.kind = kind


@dataclass
class Watched(Node):
    """A node over the store under test. Each commit is noted: the content, how many disk calls there were, the peer's content."""

    peer: Node | None = None
    moments: "list[Moment]" = field(default_factory=list)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        peer_content = self.peer.database.copy() if self.peer else b""
        with super().begin() as connection:
            yield connection
        store = self.database
        assert isinstance(store, Store)
        self.moments.append(Moment(len(store.disk.calls), digest(store), peer_content))


@dataclass(frozen=True)
class Moment:
    """A transaction that was acknowledged: after how many disk calls, with what content; and the peer when it began."""

    calls: int
    content: bytes
    peer: bytes


@dataclass(frozen=True)
class Life:
    """What one node went through. moments: oldest first; the first is the content it began with."""

    seed: int
    node: Watched
    peer: Node
    durable: dict[str, bytes]
    calls: list[Call]
    moments: list[Moment]


def digest(store: Store) -> bytes:
    """Equal for two stores with the same pages."""
    return hashlib.sha1(store.copy(), usedforsecurity=False).digest()


# ---- a life


@cache
def country() -> tuple[Node, Node, dict[str, bytes], dict[str, bytes]]:
    """A laptop and its hub that have spoken, and the files of both."""
    world = World(7)
    laptop = world.laptop("ziwa")
    sync(laptop, world.central)
    for number in range(6):
        laptop.new(laptop.home, "person", given=f"Person {number}", family="Of Ziwa")
        sync(laptop, world.central)
    return laptop, world.central, prepared(laptop.database.copy()), prepared(world.central.database.copy())


def live(seed: int, synchronous: str = "") -> Life:
    """One life, the same for the same seed."""
    rng = random.Random(seed)
    laptop, hub, laptop_files, hub_files = country()
    is_hub = rng.random() < 0.4
    own, other = (hub, laptop) if is_hub else (laptop, hub)
    peer = replace(other, home=laptop.home, draw=rng.randbytes, database=Database(other.database.copy()))
    durable = hub_files if is_hub else laptop_files
    store = Store(Disk(durable), synchronous=synchronous)
    node = Watched(own.name, own.key, own.authority, rng.randbytes, laptop.home, database=store, peer=peer)
    node.moments = [Moment(0, digest(store), peer.database.copy())]
    for _ in range(STEPS_PER_LIFE):
        _step(node, peer, is_hub, synchronous, rng)
    assert isinstance(node.database, Store)
    node.moments.append(Moment(len(node.database.disk.calls), digest(node.database), peer.database.copy()))
    life = Life(seed, node, peer, durable, list(node.database.disk.calls), node.moments)
    node.database.close()
    peer.database.close()
    return life


def _step(node: Watched, peer: Node, is_hub: bool, synchronous: str, rng: random.Random) -> None:
    what = rng.choices(("write", "peer writes", "exchange", "checkpoint", "restart", "refold"), (5, 2, 3, 1.5, 0.5, 0.3))[0]
    store = node.database
    assert isinstance(store, Store)
    if what == "write":
        _write(node, rng)
    elif what == "peer writes":
        _write(peer, rng)
    elif what == "exchange":
        sync(peer, node) if is_hub else sync(node, peer)
    elif what == "checkpoint":
        store.query(f"PRAGMA wal_checkpoint({rng.choice(('PASSIVE', 'PASSIVE', 'TRUNCATE'))})")
    elif what == "refold":
        node.refold(node.home)
    else:  # the process ends in good order, and begins again
        store.close()
        node.database = Store(store.disk, synchronous=synchronous)
        node.restart()


def _write(node: Node, rng: random.Random) -> None:
    people = _people(node)
    if rng.random() < 0.4:
        node.new(node.home, "person", given=f"New {rng.random()}", family="x" * rng.choice((1, 1, 4_000)))
    elif rng.random() < 0.5:
        node.edit(node.home, "person", (rng.choice(people),), phone=str(rng.randrange(10**9)))
    else:
        days = [f"2026-03-{day:02}" for day in rng.sample(range(1, 29), 5)]
        node.edit(node.home, "mark", (rng.choice(people), rng.choice(days)), status=rng.choice(("present", "absent")))


def _people(node: Node) -> list[str]:
    with node.database.engine.connect() as connection:
        return list(connection.execute(sa.select(PERSON.c.id).where(PERSON.c.partition == node.home)).scalars())


# ---- cuts


@dataclass
class Tally:
    """How many of what were seen, and the failures, oldest first."""

    seen: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


def cut_life(life: Life, cuts: int, tally: Tally) -> None:
    """Cut one life `cuts` times, at random calls."""
    rng = random.Random(life.seed ^ 0x5EED)
    platter, played, judged = Platter(life.durable), 0, set[tuple[bytes, bytes]]()
    for cut in sorted(rng.randint(0, len(life.calls)) for _ in range(cuts)):
        platter.play(life.calls[played:cut])
        played = cut
        tally.seen["cuts"] += 1
        try:
            _judge(life, cut, platter.survivors(rng), rng, judged, tally)
        except Failure as failure:
            tally.failures.append(failure)


def _judge(life: Life, cut: int, left: dict[str, bytes], rng: random.Random, judged: set[tuple[bytes, bytes]], tally: Tally) -> None:
    acknowledged = max(k for k, moment in enumerate(life.moments) if moment.calls <= cut)
    now = life.moments[min(acknowledged + 1, len(life.moments) - 1)]
    store = _reopened(left, {life.moments[acknowledged].content, now.content}, life, cut)
    node = replace(life.node, database=store, peer=None, moments=[])
    try:
        if rng.random() < 0.3:
            tally.seen["cuts after a cut"] += 1
            _cut_again(node, life, cut, rng)
        elif rng.random() < 0.15 and (case := (digest(store), now.peer)) not in judged:
            judged.add(case)
            tally.seen["refolded and exchanged"] += 1
            _goes_on(node, replace(life.peer, database=Database(now.peer)), life, cut)
    finally:
        store.close()


def _reopened(left: dict[str, bytes], allowed: set[bytes], life: Life, cut: int) -> Store:
    """The store after a cut, opened with the production pragmas. Raises Failure."""
    try:
        store = Store(Disk(left))
        whole, content = store.query("PRAGMA integrity_check"), digest(store)
    except (DatabaseError, sqlite3.Error) as error:
        raise Failure("corrupt", life.seed, cut, str(error)) from error
    if whole == [("ok",)] and content in allowed:
        return store
    store.close()
    is_older = whole == [("ok",)] and any(content == moment.content for moment in life.moments)
    raise Failure("lost" if is_older else "corrupt", life.seed, cut, repr(whole[:3]))


def _cut_again(node: Watched, life: Life, cut: int, rng: random.Random) -> None:
    """Go on after a cut, with the recovered WAL still there, and lose power once more."""
    store = node.database
    assert isinstance(store, Store)
    before, again = digest(store), random.Random(rng.random())
    if again.random() < 0.5:
        store.query("PRAGMA wal_checkpoint(TRUNCATE)")
    _write(node, again)
    if again.random() < 0.5:
        store.query("PRAGMA wal_checkpoint(PASSIVE)")
    written, after = node.moments[-1].calls, digest(store)
    second = again.randint(0, len(store.disk.calls))
    platter = Platter(store.disk.durable)
    platter.play(store.disk.calls[:second])
    _reopened(platter.survivors(again), {after} if second >= written else {before, after}, life, cut).close()


def _goes_on(node: Watched, peer: Node, life: Life, cut: int) -> None:
    """What is left equals its own refold, and one exchange makes both nodes equal."""
    node.restart()
    shown = node.dump(node.home)
    node.refold(node.home)
    if node.dump(node.home) != shown:
        raise Failure("unfolded", life.seed, cut)
    asker, hub = (peer, node) if node.name == "central" else (node, peer)
    sync(asker, hub)
    if asker.heads() != hub.heads() or asker.dump(node.home) != hub.dump(node.home):
        raise Failure("apart", life.seed, cut)
    peer.database.close()


def run(cuts: int, seed: int, synchronous: str = "") -> Tally:
    """Cut the power `cuts` times; life number k has the seed `seed + k`."""
    tally = Tally()
    while tally.seen["cuts"] < cuts:
        life = live(seed + tally.seen["lives"], synchronous)
        tally.seen["lives"] += 1
        cut_life(life, min(CUTS_PER_LIFE, cuts - tally.seen["cuts"]), tally)
    tally.seen.update(failure.kind for failure in tally.failures)
    return tally


def main() -> int:
    """The command. Exit 1 when a cut did harm."""
    parser = argparse.ArgumentParser(description="Cut the power under the real store")
    parser.add_argument("--cuts", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--synchronous", default="", choices=("", "NORMAL", "OFF"), help="instead of the production setting")
    asked = parser.parse_args()
    started = time.perf_counter()
    tally = run(asked.cuts, asked.seed, asked.synchronous)
    for failure in tally.failures[:5]:
        sys.stderr.write(f"{failure}\n")
    seconds = round(time.perf_counter() - started, 1)
    sys.stdout.write(json.dumps({"seed": asked.seed, **tally.seen, "failures": len(tally.failures), "seconds": seconds}) + "\n")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
