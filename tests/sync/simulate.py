"""Random histories over the production engine, from one seed; also a command: `python -m tests.sync.simulate --help`.

A history: laptops of two centres, central, a stranger; writes with right and wrong clocks, stale forms, choices made
apart, exchanges that lose their reply, copies of data folders, restored backups (laptops and central), a version that
knows less and is upgraded later. In the end faults stop and everybody exchanges: then all that are entitled to a
partition must hold the same rows, conflicts and quarantine, equal to a full refold and to the naive oracle.
"""

import argparse
import statistics
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from sync import fold, ledger, rows, segments, store
from sync.changes import Change
from sync.dots import dot, minter_of, NONCE_BYTES
from sync.schema import Key
from tests.sync.oracle import Oracle
from tests.sync.world import Database, Node, schema, sync, World

DAYS = ("2020-06-01", "2020-06-02")
CLOCKS_S = (0, 0, 0, 60, -3_600, 10 * 365 * 86_400, -900)


@dataclass
class Tally:
    """What a history contained."""

    steps: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    has_conflict: bool = False


class History:
    """One random history."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.rng = self.world.rng
        self.tally = Tally()
        ziwa = self.world.laptop("ziwa")
        self.homes = [ziwa.home]
        self.world.laptop("ziwa2", ziwa.home, version=self.rng.choice((1, 2)))
        if self.rng.random() < 0.6:
            self.homes.append(self.world.laptop("mlima").home)
        for node in self.world.nodes.values():
            node.offset = self.rng.choice(CLOCKS_S)
        self.backups: dict[str, bytes] = {}
        self.people: dict[str, list[str]] = {home: [] for home in self.homes}
        self.forgotten: set[str] = set()
        self.laptops = [name for name in self.world.nodes if name != "central"]
        for name in self.laptops:
            sync(self.world.nodes[name], self.world.central)
        self.person(self.world.nodes["ziwa"])
        sync(self.world.nodes["ziwa"], self.world.central)
        sync(self.world.nodes["ziwa2"], self.world.central)

    def run(self, steps: int) -> Tally:
        acts: list[tuple[Callable[[Node], None], int]] = [
            (self.person, 2),
            (self.edit, 9),
            (self.stale_edit, 3),
            (self.mark, 6),
            (self.choose, 3),
            (self.withdraw, 1),
            (self.newer, 2),
            (self.exchange, 12),
            (self.cut_exchange, 2),
            (self.direct, 2),
            (self.news, 1),
            (self.back_up, 2),
            (self.restore, 1),
            (self.clone, 1),
            (self.intrude, 1),
            (self.restart, 1),
            (self.upgrade, 1),
        ]
        for _ in range(steps):
            act = self.rng.choices([a for a, _ in acts], [w for _, w in acts])[0]
            act(self.world.nodes[self.rng.choice(self.laptops)])
            self.tally.steps += 1
            self.tally.kinds[act.__name__] += 1
            self.tally.has_conflict = self.tally.has_conflict or (act.__name__ in {"exchange", "direct"} and self._conflict_now())
        self.settle()
        self.check()
        return self.tally

    def _conflict_now(self) -> bool:
        return any(node.conflicts() for node in self.world.nodes.values())

    # ---- what people do

    def _when(self) -> int:
        return 1_000_000 + self.tally.steps * 60

    def person(self, node: Node) -> None:
        name = node.new(node.home, "person", given=self.word(), family=self.word(), phone=self.word(), at=self._when())
        self.people[node.home].append(name)

    def word(self) -> str:
        return self.rng.choice(("Asha", "Juma", "Zuhura", "Ali", "Neema", "Moh'd"))

    def _known(self, node: Node) -> list[str]:
        keys: list[Key] = [(name,) for name in self.people[node.home]]
        with node.begin() as connection:
            held = rows.load(connection, node.home, node.replica.schema.tables["person"], keys)
        return [name for name in self.people[node.home] if (name,) in held]

    def edit(self, node: Node) -> None:
        for name in self.rng.sample(known := self._known(node), min(1, len(known))):
            choices: tuple[dict[str, Any], ...] = ({"given": self.word(), "family": self.word()}, {"phone": self.word()})
            fields = self.rng.choice(choices)
            node.edit(node.home, "person", (name,), at=self._when(), **fields)

    def stale_edit(self, node: Node) -> None:
        """A form that was open for long: it names an older value, or one that has no business to be named."""
        for name in self.rng.sample(known := self._known(node), min(1, len(known))):
            with node.begin() as connection:
                past = ledger.past(connection, node.home, "person", (name,))
            dots = [each.head.dot for each in past if each.group == "phone"] or [name]
            node.edit(node.home, "person", (name,), bases=(self.rng.choice(dots),), at=self._when(), phone=self.word())

    def mark(self, node: Node) -> None:
        for name in self.rng.sample(known := self._known(node), min(2, len(known))):
            key = (name, self.rng.choice(DAYS))
            node.edit(node.home, "mark", key, at=self._when(), status=self.rng.choice(("present", "absent", "late", None)))

    def choose(self, node: Node) -> None:
        for conflict in self.rng.sample(found := node.conflicts(), min(1, len(found))):
            state = node.state(conflict.partition, conflict.table, conflict.key)[conflict.group]
            kept = self.rng.choice(state)
            fields = node.replica.schema.tables[conflict.table].groups[conflict.group]
            values = {f.name: value for f, value in zip(fields, kept.values, strict=True)}
            node.edit(conflict.partition, conflict.table, conflict.key, bases=tuple(head.dot for head in state), at=self._when(), **values)

    def withdraw(self, node: Node) -> None:
        for name in self.rng.sample(known := self._known(node), min(1, len(known))):
            table = node.replica.schema.tables["person"]
            state = node.state(node.home, "person", (name,))
            shown: dict[str, Any] = {}
            for group, heads in state.items():
                shown |= {f.name: value for f, value in zip(table.groups[group], heads[0].values, strict=True)}
            node.edit(node.home, "person", (name,), at=self._when(), **{**shown, "void_reason": "twice"})

    def newer(self, node: Node) -> None:
        """What version 1 does not know: a table and a field."""
        if node.version > 1:
            node.new(node.home, "extra", text=self.word(), at=self._when())
            for name in self.rng.sample(known := self._known(node), min(1, len(known))):
                node.edit(node.home, "person", (name,), at=self._when(), email=self.word())

    def news(self, _: Node) -> None:
        self.world.central.new("nation", "news", text=self.word(), at=self._when())

    # ---- what machines do

    def exchange(self, node: Node) -> None:
        sync(node, self.world.central, most=self.rng.choice((400, 4_000, 64_000)))

    def cut_exchange(self, node: Node) -> None:
        sync(node, self.world.central, lose_reply=True)

    def direct(self, node: Node) -> None:
        """Two laptops of one centre over a cable."""
        others = [o for name in self.laptops if (o := self.world.nodes[name]).home == node.home and o.key.public != node.key.public]
        if others:
            sync(node, self.rng.choice(others))

    def back_up(self, node: Node) -> None:
        for each in (node, self.world.central):
            self.backups[each.name] = each.database.copy()

    def restore(self, node: Node) -> None:
        """A laptop, or central, from an older backup; what only it had is gone with the disk."""
        each = self.rng.choice((node, node, self.world.central))
        if each.name in self.backups:
            each.database.close()
            each.database = Database(self.backups[each.name])
            each.restart()
            each.upgrade(each.version)

    def clone(self, node: Node) -> None:
        if len(self.world.nodes) < 7:
            twin = node.twin(f"{node.name}'")
            if twin.name not in self.world.nodes:
                self.world.nodes[twin.name] = twin
                self.laptops.append(twin.name)

    def restart(self, node: Node) -> None:
        node.restart()
        node.offset = self.rng.choice(CLOCKS_S)

    def upgrade(self, node: Node) -> None:
        if node.version == 1:
            node.upgrade()

    def intrude(self, node: Node) -> None:
        """A key without a grant seals a segment in the centre's partition, with stolen and predicted dots and bases."""
        central = self.world.central
        with central.begin() as connection:
            graph = ledger.graph(connection, node.home)
            key = self.rng.choice((self.world.stranger("thief", node.home).key, node.key))
            del self.world.nodes["thief"]
            nonce = self.world.draw(NONCE_BYTES)
            people = self.people[node.home] or ["0" * 16 + "-1"]
            victim = self.rng.choice(people)
            stolen = Change(dot(victim[:16], 10_000), "person", (victim,), {"phone": "stolen"}, (victim,), "thief", 2)
            minter = minter_of(key.public, nonce, node.home)
            own = Change(dot(minter, 10_001), "mark", (victim, DAYS[0]), {"status": "absent"}, (stolen.dot,), "thief", 9)
            grant = Change(dot(minter, 10_002), "grant", (key.public.hex(),), {"role": "writer"}, (), "thief", 9)
            parents = [(head, graph.generation[head]) for head in graph.heads()]
            segment = segments.seal(key, node.home, [stolen, own, grant], nonces=[nonce], parents=parents, at=9, schema=2)
            fold.receive(connection, central.replica, [segment])

    # ---- the end

    def settle(self) -> None:
        """Faults stop; everybody upgrades and exchanges until nothing moves."""
        for node in self.world.nodes.values():
            node.upgrade()
        for _ in range(2):
            for name in self.laptops:
                sync(self.world.nodes[name], self.world.central)

    def check(self) -> None:
        nodes = self.world.nodes
        for partition in ["nation", *self.homes]:
            holders = [node for node in nodes.values() if partition in ("nation", node.home) or node is self.world.central]
            heads = [node.heads()[partition] for node in holders]
            assert all(each == heads[0] for each in heads), f"heads of {partition} differ"
            dumps = [node.dump(partition) for node in holders]
            assert all(each == dumps[0] for each in dumps), f"rows of {partition} differ"
            self._check_refold(holders[0], partition, dumps[0])
            self._check_oracle(holders[0], partition)

    def _check_refold(self, node: Node, partition: str, before: dict[str, list[tuple[object, ...]]]) -> None:
        node.refold(partition)
        assert node.dump(partition) == before, f"refold of {partition} differs"

    def _check_oracle(self, node: Node, partition: str) -> None:
        with node.begin() as connection:
            held = list(ledger.segments(connection, ledger.graph(connection, partition).ids))
        oracle = Oracle(schema(2), self.world.authority.public, held)
        for (table, key, group), values in oracle.shown.items():
            heads = node.state(partition, table, key)[group]
            assert heads[0].values == values, f"{table} {key} {group}: {heads[0].values} is not {values}"
            assert sorted((head.values for head in heads[1:]), key=repr) == sorted(oracle.beside[table, key, group], key=repr)
        with node.begin() as connection:
            kept = store.QUARANTINE
            where = (kept.c.partition == partition, kept.c.reason != "unknown-field")
            kept_back = set(connection.execute(sa.select(kept.c.dot).where(*where)).scalars())
        assert kept_back == oracle.quarantined.keys() | oracle.foreign | oracle.twice, "quarantine differs"


def run(seed: int) -> Tally:
    """One history of 34 to 54 steps."""
    history = History(seed)
    try:
        return history.run(history.rng.randint(34, 54))
    finally:
        for node in history.world.nodes.values():
            node.database.close()


def attempt(seed: int) -> Tally | str:
    """A history's tally, or what went wrong, as text that travels between processes."""
    try:
        return run(seed)
    except Exception:  # noqa: BLE001  (whatever a history finds is reported with its seed)
        return f"seed {seed}\n{traceback.format_exc()}"


def main() -> int:
    """Run many histories and print what they contained; exit 1 if one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.processes) as pool:
        results = list(pool.map(attempt, range(asked.seed, asked.seed + asked.histories), chunksize=20))
    failures = [result for result in results if isinstance(result, str)]
    tallies = [result for result in results if isinstance(result, Tally)]
    if failures:
        print(f"{len(failures)} histories did not hold, the first:\n{failures[0]}")  # noqa: T201
        return 1
    kinds = sum((tally.kinds for tally in tallies), Counter[str]())
    median = statistics.median(tally.steps for tally in tallies)
    conflicting = sum(tally.has_conflict for tally in tallies) / len(tallies)
    seeds = f"{asked.seed}..{asked.seed + asked.histories - 1}"
    print(f"seeds {seeds}: {len(tallies)} histories held; median {median} steps, conflicts in {conflicting:.0%}")  # noqa: T201
    print(", ".join(f"{name} {count}" for name, count in kinds.most_common()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
