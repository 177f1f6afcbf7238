"""One random history of a small country, act by act: what people, machines, disks, sticks and thieves do.

Nodes: central; two laptops of Ziwa; and, in some histories, Mlima, a coordinator of the region, a relay that may read
nothing, a centre founded alone, a laptop enrolled late. Everything they run is the production code. What must hold after,
and at, each act is in `invariants.py`.
"""

import random
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from sync import bundle, checks, decrees, fold, index, joining, ledger, rows, segments, store, writing
from sync.changes import Change
from sync.dots import dot, minter_of, NONCE_BYTES
from sync.errors import Stranger, Stuck, SyncError, Unreachable
from sync.keys import NodeKey
from sync.schema import Key
from tests.sync import network
from tests.sync.network import Fault, Killed
from tests.sync.world import Database, Node, sync, World

DAYS = ("2020-06-01", "2020-06-02")
YEAR_S = 365 * 86_400
START_S = 1_600_000_000
CLOCKS_S = (0, 0, 0, 60, -3_600, -900, 10 * YEAR_S, -10 * YEAR_S, -START_S - 10**6, 4_294_967_296 - START_S)
"""What clocks are wrong by: minutes, ten years either way, 1970, 2106."""
SIZES = (400, 1_500, 64_000, 64_000)
RARE = 0.35
"""The share of histories that have each of the rarer parts: a coordinator, revocation, erasure, damage, .."""
REGION = "region/ziwa"


@cache
def _country() -> tuple[World, dict[str, bytes]]:
    """The country before any history, all in step. Made once, and copied."""
    world = World(1)
    central = world.central
    ziwa = world.laptop("ziwa")
    world.laptop("ziwa2", ziwa.home)
    mlima = world.laptop("mlima")
    coordinator, relay = world.stranger("coordinator", ""), world.stranger("relay", "")
    late, alone = world.stranger("late", ziwa.home), world.stranger("alone", "")
    with central.begin() as connection:
        own, public = central.replica, coordinator.key.public
        for partition in (ziwa.home, mlima.home):
            decrees.found(connection, own, world.authority, partition, [(public, "commenter")], nonce=world.draw(8), at=1)
        ours = [(own.key.public, "writer"), (public, "writer")]
        decrees.found(connection, own, world.authority, REGION, ours, nonce=world.draw(8), at=1)
        for node in (coordinator, relay):
            joining.enter(connection, own, node.key.public, name=node.name, seat="region", home="", at=1)
    alone.authority = b""
    alone.replica = replace(alone.replica, authority=None)
    with alone.begin() as connection:
        alone.home = decrees.found_alone(connection, alone.replica, nonce=world.draw(8), at=1)
    for node in world.nodes.values():
        node.upgrade()
    joined = [node for node in world.nodes.values() if node not in (central, late, alone)]
    for node in [*joined, *joined]:
        sync(node, central)
    return world, {name: node.database.copy() for name, node in world.nodes.items()}


Act: TypeAlias = Callable[[Node], object]


class Copy(NamedTuple):
    """A folder that was copied, or put back from a backup.

    known  the segments that it shares with what goes on, or went on, elsewhere; lost: those that went with the disk
    """

    node: str
    author: bytes
    known: frozenset[bytes]
    lost: frozenset[bytes]


@dataclass
class Tally:
    """What a history contained, and the fingerprint of what it ended in."""

    seed: int = 0
    steps: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    has_conflict: bool = False
    copies: int = 0
    noticeable: int = 0
    noticed: int = 0
    changes: int = 0
    most_messages: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    end: str = ""


class History:
    """A country and what has happened in it so far."""

    def __init__(self, seed: int, watch: Callable[["History", Node, Node], None]) -> None:
        """watch: told of each exchange that came to its end."""
        self._watch = watch
        made, contents = _country()
        self.world = world = copy(made)
        world.rng = self.rng = random.Random(seed)
        self.tally = Tally(seed)
        present = ["central", "ziwa", "ziwa2"]
        present += [name for name in ("mlima", "coordinator", "relay", "alone", "late") if self.rng.random() < RARE]
        self.does = {name for name in ("revoke", "erase", "damage", "intrude", "stick", "remember") if self.rng.random() < RARE}
        world.nodes = {name: replace(made.nodes[name], draw=world.draw, database=Database(contents[name])) for name in present}
        self.central = world.central = world.nodes["central"]
        self.laptops = [name for name in present if name not in ("central", "coordinator", "relay")]
        for node in world.nodes.values():
            node.offset = self.rng.choice(CLOCKS_S)
        if "alone" in present:
            self._stand_alone(world.nodes["alone"])
        if self.rng.random() < 0.5:
            world.nodes["ziwa2"].upgrade(1)
        self.homes = list(dict.fromkeys(world.nodes[name].home for name in self.laptops))
        self.people: dict[str, list[str]] = {home: [] for home in self.homes}
        self.phone: dict[str, str] = {}
        self.acked: dict[str, set[tuple[str, str, Key]]] = {name: set() for name in present}
        self.backups: dict[str, tuple[bytes, frozenset[tuple[str, str, Key]]]] = {}
        self.copies: list[Copy] = []
        self.sticks: list[bytes] = []
        self.erased: dict[str, str] = {}
        self.revoked: set[bytes] = set()
        self.outside: set[str] = {name for name in ("alone", "late") if name in present}
        self.person(world.nodes["ziwa"])
        self.exchange(world.nodes["ziwa"])
        self._keep_backup(self.central)

    def close(self) -> None:
        """Give the memory of all databases back."""
        for node in self.world.nodes.values():
            node.database.close()

    def _stand_alone(self, node: Node) -> None:
        node.replica = replace(node.replica, authority=None)

    # ---- the acts, and how often they come

    def acts(self) -> list[tuple[Act, int]]:
        """The acts of this history with their weights."""
        always: list[tuple[Act, int]] = [
            (self.person, 2),
            (self.edit, 8),
            (self.stale_edit, 3),
            (self.mark, 5),
            (self.choose, 3),
            (self.withdraw, 1),
            (self.newer, 2),
            (self.exchange, 9),
            (self.cut, 3),
            (self.direct, 2),
            (self.news, 1),
            (self.back_up, 2),
            (self.restore, 1),
            (self.clone, 1),
            (self.restart, 2),
            (self.upgrade, 1),
        ]
        nodes = self.world.nodes
        if "coordinator" in nodes:
            always += [(self.comment, 2), (self.by_region, 3)]
        if "relay" in nodes:
            always += [(self.by_relay, 3)]
        if self.outside:
            always += [(self.enrol, 2)]
        rare: dict[str, list[tuple[Act, int]]] = {
            "revoke": [(self.revoke, 1)],
            "erase": [(self.erase, 2), (self.confirm, 1)],
            "damage": [(self.damage, 2)],
            "intrude": [(self.intrude, 2)],
            "stick": [(self.write_stick, 3), (self.read_stick, 3)],
            "remember": [(self.clone_running, 1)],
        }
        return always + [act for name in sorted(self.does) for act in rare[name]]

    def act(self) -> None:
        """One act, at random."""
        acts = self.acts()
        act = self.rng.choices([a for a, _ in acts], [w for _, w in acts])[0]
        act(self.world.nodes[self.rng.choice(self.laptops)])
        self.tally.steps += 1
        self.tally.acts[act.__name__] += 1

    # ---- what people do

    def now(self, node: Node) -> int:
        """What a node's clock says."""
        return max(0, self._when() + node.offset)

    def _when(self) -> int:
        return START_S + self.tally.steps * 60

    def word(self) -> str:
        return self.rng.choice(("Asha", "Juma", "Zuhura", "Ali", "Neema", "Moh'd"))

    def _acknowledge(self, node: Node, partition: str, dot: str, table: str, key: Key) -> None:
        self.acked[node.name].add((partition, dot, (table, *key)))

    def _new(self, node: Node, partition: str, table: str, **fields: Any) -> str:
        name = node.new(partition, table, at=self._when(), **fields)
        self._acknowledge(node, partition, name, table, (name,))
        return name

    def _edit(self, node: Node, table: str, key: Key, *, bases: tuple[str, ...] | None = None, **fields: Any) -> None:
        name = node.edit(node.home, table, key, bases=bases, at=self._when(), **fields)
        self._acknowledge(node, node.home, name, table, key)

    def _phone(self, name: str) -> str:
        """A number that no other person has, so that it can be looked for once it is erased."""
        return f"+255-{self.phone[name]}-{self.rng.randrange(3)}"

    def person(self, node: Node) -> None:
        number = f"{self.rng.getrandbits(40):012d}"
        fields = {"given": self.word(), "family": self.word(), "phone": f"+255-{number}-0"}
        name = self._new(node, node.home, "person", **fields)
        self.people[node.home].append(name)
        self.phone[name] = number

    def _known(self, node: Node, home: str = "") -> list[str]:
        names = self.people[home or node.home]
        with node.begin() as connection:
            held = rows.load(connection, home or node.home, node.replica.schema.tables["person"], [(name,) for name in names])
        return [name for name in names if (name,) in held]

    def _some(self, node: Node, count: int = 1) -> list[str]:
        known = self._known(node)
        return self.rng.sample(known, min(count, len(known)))

    def edit(self, node: Node) -> None:
        for name in self._some(node):
            choices: tuple[dict[str, Any], ...] = ({"given": self.word(), "family": self.word()}, {"phone": self._phone(name)})
            self._edit(node, "person", (name,), **self.rng.choice(choices))

    def stale_edit(self, node: Node) -> None:
        """A form that was open for long: it names an older value, or one that has no business to be named."""
        for name in self._some(node):
            with node.begin() as connection:
                past = ledger.past(connection, node.home, "person", (name,))
            dots = [each.head.dot for each in past if each.group == "phone"] or [name]
            self._edit(node, "person", (name,), bases=(self.rng.choice(dots),), phone=self._phone(name))

    def mark(self, node: Node) -> None:
        for name in self._some(node, 2):
            self._edit(node, "mark", (name, self.rng.choice(DAYS)), status=self.rng.choice(("present", "absent", "late", None)))

    def choose(self, node: Node) -> None:
        found = [conflict for conflict in node.conflicts() if conflict.partition == node.home]
        for conflict in self.rng.sample(found, min(1, len(found))):
            self.tally.has_conflict = True
            state = node.state(conflict.partition, conflict.table, conflict.key)[conflict.group]
            kept = self.rng.choice(state)
            fields = node.replica.schema.tables[conflict.table].groups[conflict.group]
            values = {f.name: value for f, value in zip(fields, kept.values, strict=True)}
            self._edit(node, conflict.table, conflict.key, bases=tuple(head.dot for head in state), **values)

    def withdraw(self, node: Node) -> None:
        for name in self._some(node):
            table = node.replica.schema.tables["person"]
            shown: dict[str, Any] = {}
            for group, heads in node.state(node.home, "person", (name,)).items():
                shown |= {f.name: value for f, value in zip(table.groups[group], heads[0].values, strict=True)}
            self._edit(node, "person", (name,), **{**shown, "void_reason": "twice"})

    def newer(self, node: Node) -> None:
        """What version 1 does not know: a table and a field."""
        if node.version > 1:
            self._new(node, node.home, "extra", text=self.word())
            for name in self._some(node):
                self._edit(node, "person", (name,), email=self.word())

    def news(self, _: Node) -> None:
        self._new(self.central, "nation", "news", text=self.word())

    def comment(self, node: Node) -> None:
        """The coordinator writes a fact of the region, and marks somebody in a centre."""
        coordinator = self.world.nodes["coordinator"]
        self._new(coordinator, REGION, "news", text=self.word())
        with coordinator.begin() as connection:
            is_reader = node.home in index.read_by(connection, coordinator.key.public)
        if is_reader:
            for person in self._known(coordinator, node.home)[:1]:
                name = coordinator.edit(node.home, "mark", (person, DAYS[0]), at=self._when(), status="late")
                self._acknowledge(coordinator, node.home, name, "mark", (person, DAYS[0]))

    # ---- the line

    def _line(self, node: Node, hub: Node, fault: Fault) -> str:
        """An exchange. Returns `done`, or what became of it: `cut`, `stranger`, or `stuck` on what a disk has lost."""
        authority = self.world.authority if hub is self.central else None
        try:
            messages = network.exchange(node, hub, authority, now=self.now(node), most=self.rng.choice(SIZES), fault=fault)
        except (Unreachable, Killed):
            return "cut"
        except Stranger:
            return "stranger"
        except Stuck:
            assert is_holed(node) or is_holed(hub), f"{node.name} and {hub.name} do not come to an agreement"
            self._watch(self, node, hub)
            return "stuck"
        self._watch(self, node, hub)
        self.tally.most_messages = max(self.tally.most_messages, messages)
        return "done"

    def exchange(self, node: Node, fault: Fault | None = None) -> str:
        """With central."""
        return "outside" if node.name in self.outside else self._line(node, self.central, fault or Fault())

    def cut(self, node: Node) -> None:
        """A line that loses or repeats a message, or a process that is killed while it writes one."""
        if node.name not in self.outside:
            kind = self.rng.choice(("request", "reply", "twice", "hub", "node"))
            self._line(node, self.central, Fault(kind, self.rng.randint(1, 3)))

    def direct(self, node: Node) -> None:
        """Two laptops of one centre over a cable."""
        others = [o for name in self.laptops if (o := self.world.nodes[name]).home == node.home and o.key.public != node.key.public]
        if others and not self.outside & {node.name}:
            self._line(node, self.rng.choice(others), Fault())

    def by_region(self, node: Node) -> None:
        """A laptop meets the coordinator, who meets central."""
        coordinator = self.world.nodes["coordinator"]
        if node.name not in self.outside:
            self._line(node, coordinator, Fault())
        if self.rng.random() < 0.5:
            self.exchange(coordinator)

    def by_relay(self, node: Node) -> None:
        """Letters through one who may not read them."""
        relay = self.world.nodes["relay"]
        if node.name in self.outside or self._line(node, relay, Fault()) != "done":
            return
        try:
            network.post_through(node, relay, self.central, now=self.now(node))
            if self.rng.random() < 0.7:
                network.forward(relay, self.central, self.world.authority, now=self.now(relay))
        except SyncError:
            self.exchange(relay)  # central has forgotten one of the two

    # ---- sticks

    def write_stick(self, node: Node) -> None:
        """A bundle for central, or central's for a laptop; what is on the stick already stays."""
        pair = (node, self.central) if self.rng.random() < 0.6 else (self.central, node)
        sender, recipient = pair
        if node.name in self.outside:
            return
        with sender.begin() as connection:
            writing.seal(connection, sender.replica, self.now(sender))
            written = bundle.write(connection, sender.replica, recipient.key.public, at=self.now(sender), draw=self.world.draw)
        self.sticks += bundle.in_files(written, self.rng.choice((600, 100_000)))
        self.sticks = self.sticks[-12:]

    def read_stick(self, node: Node) -> None:
        """Files in any order, some lost, some read twice, some by those they are not meant for."""
        self.rng.shuffle(self.sticks)
        for reader in (self.central, node, self.world.nodes.get("relay", node)):
            for content in self.sticks:
                if self.rng.random() < 0.5 and reader.name not in self.outside:
                    network.read_file(reader, content)
        self.sticks = [content for content in self.sticks if self.rng.random() < 0.5]

    # ---- machines

    def _keep_backup(self, node: Node) -> None:
        self.backups[node.name] = (node.database.copy(), frozenset(self.acked[node.name]))

    def back_up(self, node: Node) -> None:
        self._keep_backup(node)
        self._keep_backup(self.central)

    def restore(self, node: Node) -> None:
        """A laptop, or central, from an older backup; what only it had is gone with the disk. The list of erasures is kept."""
        each = self.rng.choice((node, node, self.central))
        if each.name not in self.backups or any(map(is_holed, self.world.nodes.values())):
            return
        before = segment_ids(each)
        with each.begin() as connection:
            carried = decrees.carried(connection)
        content, acked = self.backups[each.name]
        each.database.close()
        each.database = Database(content)
        self.acked[each.name] = set(acked)
        each.upgrade(each.version)
        if each.name in self.outside and each.name == "alone":
            self._stand_alone(each)
        elif each.name == "alone":
            self._hand_over(each)  # a backup from before it joined knows of no joining: it asks again with the code that it has
        with each.begin() as connection:
            decrees.reapply(connection, each.replica, carried)
        known = segment_ids(each)
        self.copies.append(Copy(each.name, each.key.public, known, before - known))

    def _twin(self, node: Node) -> Node | None:
        name = f"{node.name}'"
        if len(self.world.nodes) > 7 or name in self.world.nodes or node.name in self.outside:
            return None
        twin = node.twin(name)
        self.world.nodes[name] = twin
        self.laptops.append(name)
        self.acked[name] = set(self.acked[node.name])
        self.copies.append(Copy(name, node.key.public, segment_ids(node), frozenset()))
        return twin

    def clone(self, node: Node) -> None:
        self._twin(node)

    def clone_running(self, node: Node) -> None:
        """A machine copied with its memory: the two processes mint the same dots."""
        if twin := self._twin(node):
            twin.replica = replace(twin.replica, mint=copy(node.replica.mint))

    def restart(self, node: Node) -> None:
        """A new process; its clock may jump, back too."""
        node.restart()
        if node.name in self.outside and node.name == "alone":
            self._stand_alone(node)
        node.offset = self.rng.choice(CLOCKS_S)

    def upgrade(self, node: Node) -> None:
        if node.version == 1:
            node.upgrade()

    def damage(self, node: Node) -> None:
        """A disk loses the body of a segment that somebody else holds; the check finds it, and it is asked for."""
        each = self.rng.choice((node, self.central))
        others = [other for other in self.world.nodes.values() if other is not each and other.key.public not in self.revoked]
        shared = segment_ids(each) & frozenset().union(*(segment_ids(other) for other in others))
        if any(map(is_holed, self.world.nodes.values())) or not shared:
            return
        lost = self.rng.choice(sorted(shared))
        with each.begin() as connection:
            broken = store.SEGMENT.update().where(store.SEGMENT.c.id == lost)
            connection.execute(broken.values(body=self.rng.choice((b"", b"\x00" * 40, self.world.draw(60)))))
            found = checks.damage(connection)
            assert [each.segment for each in found] == [lost], "damage was not seen"
            checks.mark_damaged(connection, [lost])
            fold.refold(connection, each.replica, found[0].partition)

    # ---- decrees

    def enrol(self, node: Node) -> None:
        """Central lets in a late laptop of Ziwa, or a centre that was founded alone, with its history."""
        for name in sorted(self.outside & {"late", "alone"})[:1]:
            self.admit(self.world.nodes[name])
            self.outside.discard(name)

    def admit(self, node: Node) -> None:
        """Enter a node in the directory and grant it its place: by the founder's hand-over where it brings a centre."""
        central, is_founder = self.central, node.name.startswith("alone")
        with central.begin() as connection:
            if not is_founder:
                granted = [(node.key.public, "writer")]
                nonce = self.world.draw(NONCE_BYTES)
                decrees.found(connection, central.replica, self.world.authority, node.home, granted, nonce=nonce, at=self.now(central))
            joining.enter(connection, central.replica, node.key.public, name=node.name, seat="centre", home=node.home, at=self.now(central))
        if is_founder:
            self._hand_over(node)

    def _hand_over(self, node: Node) -> None:
        """What a laptop that founded its centre alone does as it joins: pin the authority, and make it the next root, unless it is."""
        node.authority = self.world.authority.public
        node.replica = replace(node.replica, authority=node.authority)
        with node.begin() as connection:
            if decrees.is_root(connection, node.home, node.key.public):
                nonce, central = self.world.draw(NONCE_BYTES), self.central.key.public
                decrees.hand_over(connection, node.replica, node.home, central, node.authority, nonce=nonce, at=self.now(node))

    def revoke(self, node: Node) -> None:
        """The authority revokes a laptop of Ziwa, with what is held of it as its last good work."""
        node = self.world.nodes["ziwa2"]
        if node.key.public in self.revoked:
            return
        self.revoked.add(node.key.public)
        with self.central.begin() as connection:
            for partition in (node.home, "nation"):
                nonce = self.world.draw(NONCE_BYTES)
                replica, authority = self.central.replica, self.world.authority
                decrees.revoke(connection, replica, authority, partition, node.key.public, nonce=nonce, at=self.now(self.central))

    def erase(self, node: Node) -> None:
        """The authority orders that a person be erased, with all marks."""
        with self.central.begin() as connection:
            if not decrees.is_root(connection, node.home, self.world.authority.public):
                return
        for name in self._known(self.central, node.home)[:1]:
            self.erased[name] = node.home
            order(self.central, self.world.authority, node.home, [("person", name), ("mark", name)], self.now(self.central))

    def confirm(self, node: Node) -> None:
        """A node empties its files and states that nothing is left."""
        each = self.rng.choice((node, self.central))
        each.database.empty()
        with each.begin() as connection:
            decrees.confirm(connection, each.replica, self.now(each))

    # ---- thieves

    def intrude(self, node: Node) -> None:
        """A key without a grant, or a laptop's own, seals a segment with stolen and predicted dots and bases, and a grant."""
        central = self.central
        with central.begin() as connection:
            graph = ledger.graph(connection, node.home)
            is_stranger = self.rng.random() < 0.5
            key = NodeKey(self.rng.randbytes(32)) if is_stranger else node.key
            by = "thief" if is_stranger else node.name
            nonce = self.world.draw(NONCE_BYTES)
            victim = self.rng.choice(self.people[node.home] or ["0" * 16 + "-1"])
            stolen = Change(dot(victim[:16], 10_000), "person", (victim,), {"phone": "stolen"}, (victim,), by, 2)
            minter = minter_of(key.public, nonce, node.home)
            own = Change(dot(minter, 10_001), "mark", (victim, DAYS[0]), {"status": "absent"}, (stolen.dot,), by, 9)
            grant = Change(dot(minter, 10_002), "grant", (key.public.hex(),), {"role": "writer"}, (), by, 9)
            parents = [(head, graph.generation[head]) for head in graph.heads()]
            segment = segments.seal(key, node.home, [stolen, own, grant], nonces=[nonce], parents=parents, at=9, schema=2)
            fold.receive(connection, central.replica, [segment])


def order(central: Node, authority: NodeKey, partition: str, named: list[Key], now: int) -> None:
    """An erasure order of the authority."""
    with central.begin() as connection:
        decrees.erase(connection, central.replica, authority, partition, named, nonce=central.draw(NONCE_BYTES), at=now)


def is_holed(node: Node) -> bool:
    """Whether a node misses the body of a segment."""
    with node.begin() as connection:
        return bool(ledger.holes(connection))


def segment_ids(node: Node) -> frozenset[bytes]:
    """All that a node holds."""
    with node.begin() as connection:
        return frozenset(connection.execute(_IDS).scalars())


_IDS = sa.select(store.SEGMENT.c.id)
