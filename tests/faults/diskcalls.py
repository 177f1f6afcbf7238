"""A disk that refuses a call: `python -m tests.faults.diskcalls [--every 1] [--scenario NAME]`.

Each scenario runs again and again over the real store; call 1 of the disk is refused, then call 2, until nothing is refused
any more. A fault is an input or output error (once, or from that call on) or a full disk (from that write on). Each time:

- an error is raised, or the work is there: never a false acknowledgement, neither to a person nor to a peer;
- a process that starts on what the disk then holds finds it whole, with the last acknowledged transaction or the one in flight,
  and so it does when the power is cut as well;
- its rows equal their refold;
- once the disk works again, the same action succeeds, in the same process and in a new one.
"""

import argparse
import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import apsw
from sqlalchemy.exc import DatabaseError

from sync import ledger, store, writing
from tests.faults.powercuts import country, digest, Watched
from tests.faults.store import Disk, Platter, REGISTER, Store
from tests.sync.world import Database, Node, sync
from tracker.disk import DiskFull

COPY: Final = "copy.sqlite3"
REFUSALS: Final = (DatabaseError, sqlite3.Error, DiskFull)
_EIO: Final = {
    "open": apsw.SQLITE_CANTOPEN,
    "read": apsw.SQLITE_IOERR_READ,
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "delete": apsw.SQLITE_IOERR_DELETE,
}


class Fault(NamedTuple):
    """Which calls are refused from the nth on, how, and whether only that one."""

    name: str
    code_by_kind: dict[str, int]
    is_once: bool


FAULTS: Final = (
    Fault("error once", _EIO, is_once=True),
    Fault("error from then on", _EIO, is_once=False),
    Fault("disk full", {"write": apsw.SQLITE_FULL}, is_once=False),
)


class Refusing:
    """Stands at the disk's door and refuses the nth call that the fault is about."""

    def __init__(self, fault: Fault, nth: int) -> None:
        self._fault, self._nth, self._met = fault, nth, 0

    def __call__(self, kind: str) -> None:
        if kind in self._fault.code_by_kind:
            self._met += 1
            if self._met == self._nth or (self._met > self._nth and not self._fault.is_once):
                raise apsw.exception_for(self._fault.code_by_kind[kind])

    @property
    def has_refused(self) -> bool:
        return self._met >= self._nth


# ---- scenarios


@dataclass
class Place:
    """The node under test and the peer it may speak to."""

    node: Watched
    peer: Node

    @property
    def store(self) -> Store:
        assert isinstance(self.node.database, Store)
        return self.node.database


def _write(place: Place) -> None:
    person = place.node.new(place.node.home, "person", given="Asha", family="x" * 9_000)
    place.node.edit(place.node.home, "mark", (person, "2026-03-02"), status="present")


def _seal(place: Place) -> None:
    with place.node.begin() as connection:
        writing.seal(connection, place.node.replica, 5_000)


def _ask(place: Place) -> None:
    sync(place.node, place.peer)


def _answer(place: Place) -> None:
    sync(place.peer, place.node)


def _refold(place: Place) -> None:
    place.node.refold(place.node.home)


def _checkpoint(place: Place) -> None:
    place.store.query("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(place: Place) -> None:
    place.store.disk.forget(COPY)  # as `backup` does: a half copy of an earlier try is no backup
    place.store.query(f"VACUUM INTO '{place.store.path(COPY)}'")


SCENARIOS: Final[dict[str, Callable[[Place], None]]] = {
    "write": _write,
    "seal": _seal,
    "ask": _ask,
    "answer": _answer,
    "refold": _refold,
    "checkpoint": _checkpoint,
    "copy": _copy,
}


def place_for(scenario: str, files: dict[str, bytes] | None = None, peer_content: bytes = b"") -> Place:
    """Both nodes with unsent work, the node under test freshly opened; the same content and dots every time."""
    laptop, hub, laptop_files, hub_files = country()
    own, other, own_files = (hub, laptop, hub_files) if scenario == "answer" else (laptop, hub, laptop_files)
    rng = random.Random(5)
    peer = replace(other, home=laptop.home, draw=rng.randbytes, database=Database(peer_content or other.database.copy()))
    node = Watched(own.name, own.key, own.authority, rng.randbytes, laptop.home, database=Store(Disk(files or own_files)))
    if files is None:
        for number in range(4):
            node.new(node.home, "person", given=f"Here {number}", family="")
            peer.new(peer.home, "person", given=f"There {number}", family="")
        _reopen(node)
    node.moments = node.moments[-1:]
    return Place(node, peer)


def _reopen(node: Node) -> None:
    """A new process that finds everything on the disk and nothing in memory, as after a crash."""
    assert isinstance(node.database, Store)
    files = node.database.disk.files()
    node.database.close()
    node.database = Store(Disk(files))


# ---- verdicts


def outcomes(scenario: str, fault: Fault, *, every: int = 1) -> Iterator[tuple[int, list[str]]]:
    """(n, what was wrong) for n = 1, 1 + every, .. until the scenario no longer makes an nth call."""
    act = SCENARIOS[scenario]
    place = place_for(scenario)
    begun = digest(place.store)
    act(place)
    contents = [begun, *(moment.content for moment in place.node.moments[1:])]
    _close(place)
    nth = 1
    while True:
        place = place_for(scenario)
        refusing = place.store.disk.meet = Refusing(fault, nth)
        wrong = _wrong(scenario, place, contents)
        _close(place)
        if not refusing.has_refused:
            return
        yield nth, wrong
        nth += every


def _wrong(scenario: str, place: Place, contents: list[bytes]) -> list[str]:
    act, store, node = SCENARIOS[scenario], place.store, place.node
    is_done = False
    try:
        act(place)
        is_done = True
    except REFUSALS:
        pass
    store.disk.meet = lambda _kind: None
    committed = len(node.moments) - 1
    wrong = []
    if is_done and committed != len(contents) - 1:
        wrong.append("acknowledged, and not done")
    files, peer_content = store.disk.files(), place.peer.database.copy()
    allowed = set(contents[committed : committed + 2])
    wrong += _wrong_after_restart(scenario, files, peer_content, allowed, is_done=is_done)
    wrong += _wrong_after_cut(store.disk, allowed)
    try:
        act(place)
    except REFUSALS as error:
        wrong.append(f"the same process cannot do it afterwards: {error}")
    return wrong + [f"same process: {each}" for each in _damage(place)]


def _wrong_after_restart(scenario: str, files: dict[str, bytes], peer_content: bytes, allowed: set[bytes], *, is_done: bool) -> list[str]:
    try:
        place = place_for(scenario, files, peer_content)
    except REFUSALS as error:
        return [f"cannot be opened: {error}"]
    wrong = []
    if digest(place.store) not in allowed:
        wrong.append("holds neither the acknowledged content nor the one in flight")
    if missing := _believed(place.peer, place.node) - _held(place.node):
        wrong.append(f"the peer believes {len(missing)} segments to be here that are not")
    if scenario == "copy" and is_done and not _is_whole_copy(files, place):
        wrong.append("the copy is not whole")
    wrong += _damage(place)
    try:
        SCENARIOS[scenario](place)
    except REFUSALS as error:
        wrong.append(f"a new process cannot do it: {error}")
    wrong += _damage(place)
    if scenario in {"ask", "answer"} and place.node.heads() != place.peer.heads():
        wrong.append("the exchange afterwards did not converge")
    _close(place)
    return wrong


def _wrong_after_cut(disk: Disk, allowed: set[bytes]) -> list[str]:
    """The disk that refused a call loses power next: what a failed sync left unsynced may be gone."""
    platter = Platter(disk.durable)
    platter.play(disk.calls)
    try:
        with closing(Store(Disk(platter.survivors(random.Random(len(disk.calls)))))) as left:
            return [] if digest(left) in allowed else ["a power cut next lost what was acknowledged"]
    except REFUSALS as error:
        return [f"cannot be opened after a power cut: {error}"]


def _damage(place: Place) -> list[str]:
    if (found := place.store.query("PRAGMA integrity_check")) != [("ok",)]:
        return [f"damaged: {found[:3]}"]
    shown = place.node.dump(place.node.home)
    place.node.refold(place.node.home)
    return [] if place.node.dump(place.node.home) == shown else ["the rows are not their refold"]


def _believed(peer: Node, node: Node) -> set[bytes]:
    """The heads that a peer was told this node holds."""
    with peer.begin() as connection:
        return {head for heads in ledger.peer_heads(connection, node.key.public).values() for head in heads}


def _held(node: Node) -> set[bytes]:
    with node.begin() as connection:
        return set(connection.execute(store.SEGMENT.select().with_only_columns(store.SEGMENT.c.id)).scalars())


def _is_whole_copy(files: dict[str, bytes], place: Place) -> bool:
    with closing(Store(Disk({REGISTER: files[COPY]}))) as copy:
        same = replace(place.node, database=copy, moments=[]).dump(place.node.home) == place.node.dump(place.node.home)
        return same and copy.query("PRAGMA integrity_check") == [("ok",)]


def _close(place: Place) -> None:
    place.store.close()
    place.peer.database.close()


def main() -> int:
    """The command. Exit 1 when something was wrong after a refused call."""
    parser = argparse.ArgumentParser(description="Refuse every disk call of the real store, one after the other")
    parser.add_argument("--every", type=int, default=1, help="refuse only every so manieth call")
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    asked = parser.parse_args()
    failures = 0
    for scenario in asked.scenario or SCENARIOS:
        for fault in FAULTS:
            started, refused = time.perf_counter(), 0
            for nth, wrong in outcomes(scenario, fault, every=asked.every):
                refused += 1
                failures += bool(wrong)
                for sentence in wrong:
                    sys.stderr.write(f"{scenario}, {fault.name}, call {nth}: {sentence}\n")
            seconds = round(time.perf_counter() - started, 1)
            sys.stdout.write(json.dumps({"scenario": scenario, "fault": fault.name, "refused": refused, "seconds": seconds}) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
