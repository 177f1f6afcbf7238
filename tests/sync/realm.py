"""Random centres in which roots grant, hand over, revoke and erase at once, and thieves do as if they might.

Segments are forged by hand, so that every shape of graph occurs: each of the cast has seen some of the segments, and
seals on top of those. Delivered in any order, to anybody, they must make equal registers.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sync import fold, ledger
from sync.changes import canonical, Change, decode, encode
from sync.dots import dot, minter_of
from sync.keys import NodeKey
from sync.rights import RESERVED
from sync.schema import Key, Plain
from sync.segments import centre_partition, Header, Segment
from tests.sync import forge
from tests.sync.oracle import Oracle
from tests.sync.world import Node, schema

CAST = ("authority", "founder", "heir", "ziwa", "ziwa2", "thief")
KEYS = {name: NodeKey(hashlib.sha256(name.encode()).digest()) for name in CAST}
NONCES = {name: hashlib.sha256(name.encode()).digest()[:8] for name in CAST}
HOME = centre_partition(KEYS["founder"].public, NONCES["founder"])
DAYS = ("2020-06-01", "2020-06-02")


@dataclass
class Realm:
    """One random centre.

    seen  what each of the cast has, by id; made: all segments, parents first
    """

    rng: random.Random
    made: list[Segment] = field(default_factory=list)
    seen: dict[str, set[bytes]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    people: list[tuple[str, str]] = field(default_factory=list)
    past: dict[str, list[Change]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen = {name: set() for name in CAST}
        grants = [self._change("founder", "grant", (KEYS[name].public.hex(),), role="writer") for name in ("ziwa", "ziwa2")]
        founding = self._seal("founder", grants)
        for name in CAST:
            self.seen[name] = {founding.id}

    # ---- making

    def _change(self, who: str, table: str, key: Key | None, /, *, bases: Iterable[str] = (), **fields: Plain) -> Change:
        self.counters[who] = self.counters.get(who, 0) + 1
        name = dot(minter_of(KEYS[who].public, NONCES[who], HOME), self.counters[who])
        return Change(name, table, key or (name,), fields, tuple(bases), who, self.rng.randrange(100, 200))

    def _seal(self, who: str, changes: Sequence[Change]) -> Segment:
        mine = [segment for segment in self.made if segment.id in self.seen[who]]
        inner = {parent for segment in mine for parent in segment.header.parents}
        tips = sorted((s.id, s.header.generation) for s in mine if s.id not in inner)
        generation = 1 + max((generation for _, generation in tips), default=0)
        head = Header(HOME, KEYS[who].public, (NONCES[who],), tuple(i for i, _ in tips), generation, 9, 2, bytes(32))
        segment = forge.signed(KEYS[who], head, encode(sorted(changes, key=lambda c: int(c.dot[17:])), head.minters))
        if segment.id not in {each.id for each in self.made}:
            self.made.append(segment)
        self.seen[who].add(segment.id)
        self.past.setdefault(who, []).extend(changes)
        return segment

    def step(self) -> None:
        """Somebody hears of somebody else's segments, or not, and seals some changes."""
        who = self.rng.choice(CAST)
        if self.rng.random() < 0.6:
            self.seen[who] |= self.seen[self.rng.choice(CAST)]
        acts = [self._person, self._edit, self._edit, self._mark, self._grant, self._hand_over, self._revoke, self._erase, self._copy]
        if who in ("ziwa", "ziwa2", "thief"):
            acts = acts[:4] * 3 + acts
        changes = [change for _ in range(self.rng.randint(1, 3)) for change in self.rng.choice(acts)(who)]
        # A decree stands in a segment of its own, as `sync.decrees` seals them: else a newcomer, to whom only the trimmed
        # body can be sent, would have to believe a decree before the order that proves it.
        decrees = [change for change in changes if change.table in RESERVED]
        self._seal(who, decrees or changes)

    def _person(self, who: str) -> list[Change]:
        change = self._change(who, "person", None, given=who, family="x", phone="0")
        self.people.append((change.dot, who))
        return [change]

    def _row(self) -> str | None:
        return self.rng.choice(self.people)[0] if self.people else None

    def _bases(self, table: str, key: Key) -> list[str]:
        known = sorted({c.dot for changes in self.past.values() for c in changes if (c.table, c.key) == (table, key)})
        return self.rng.sample(known, min(len(known), self.rng.randint(0, 2)))

    def _edit(self, who: str) -> list[Change]:
        if (row := self._row()) is None:
            return self._person(who)
        return [self._change(who, "person", (row,), bases=self._bases("person", (row,)), phone=f"{who}{self.counters.get(who)}")]

    def _mark(self, who: str) -> list[Change]:
        if (row := self._row()) is None:
            return []
        key = (row, self.rng.choice(DAYS))
        return [self._change(who, "mark", key, bases=self._bases("mark", key), status=self.rng.choice(("present", "absent")))]

    def _grant(self, who: str) -> list[Change]:
        role = self.rng.choice(("writer", "writer", "commenter"))
        return [self._change(who, "grant", (KEYS[self.rng.choice(CAST)].public.hex(),), role=role)]

    def _hand_over(self, who: str) -> list[Change]:
        to = self.rng.choice(("authority", "authority", "heir", "founder", "ziwa"))
        return [self._change(who, "handover", (KEYS[to].public.hex(),), note="")]

    def _revoke(self, who: str) -> list[Change]:
        heads = self.rng.sample(self.made, min(len(self.made), self.rng.randint(0, 3)))
        named = "".join(segment.id.hex() for segment in heads)
        return [self._change(who, "revocation", (KEYS[self.rng.choice(CAST)].public.hex(),), heads=named)]

    def _erase(self, who: str) -> list[Change]:
        rows: list[Key] = []
        if (row := self._row()) is not None:
            choices: list[list[Key]] = [[("person", row)], [("mark", row)], [("person", row), ("mark", row)], [("mark", row, DAYS[0])]]
            rows = self.rng.choice(choices)
        erased = frozenset(rows) | (frozenset(self._erased(who)) if self.rng.random() < 0.7 else frozenset())
        known = [s for s in self.made if s.id in self.seen[who]]
        bodies = {s.id: body for s in known if (body := fold.without(s, erased)) != s.body}
        hashes = {segment.hex(): hashlib.sha256(body).hexdigest() for segment, body in bodies.items()}
        return [self._change(who, "erasure", None, rows=canonical([list(row) for row in rows]).decode(), bodies=json.dumps(hashes))]

    def _erased(self, who: str) -> list[Key]:
        """What the orders that somebody has seen name."""
        known = [s for s in self.made if s.id in self.seen[who]]
        orders = [c for s in known for c in decode(s.body, s.header.minters) if c.table == "erasure"]
        return [tuple(row) for order in orders for row in json.loads(str(order.fields["rows"]))]

    def _copy(self, who: str) -> list[Change]:
        """A folder copied with what was pending in it: a dot again, with the same content or with another."""
        mine = [c for c in self.past.get(who, []) if c.table in ("person", "mark")]
        if not mine:
            return []
        again = self.rng.choice(mine)
        if self.rng.random() < 0.5:
            return [again]
        key = (self._row() or again.dot,) if again.table == "person" else again.key
        return [again._replace(key=key, fields={**again.fields, "phone": "other"} if again.table == "person" else {"status": "late"})]

    # ---- delivering

    def order(self) -> list[Segment]:
        """All segments in a random order, parents anywhere."""
        return self.rng.sample(self.made, len(self.made))


def node(name: str = "reader") -> Node:
    """A node that holds nothing yet."""
    return Node(name, NodeKey(hashlib.sha256(b"node" + name.encode()).digest()), KEYS["authority"].public, random.Random(1).randbytes)


def deliver(to: Node, segments: Sequence[Segment], rng: random.Random) -> None:
    """Hand segments over in messages of random sizes, again and again until all are taken."""
    left = list(segments)
    while left:
        size = rng.choice((1, 1, 2, 5, len(left)))
        part, left = left[:size], left[size:]
        forge.receive(to, *part)
        with to.begin() as connection:
            held = ledger.graph(connection, HOME)
        left += [segment for segment in part if segment.id not in held]


def held(of: Node) -> list[Segment]:
    """What a node would hand on."""
    with of.begin() as connection:
        return list(ledger.segments(connection, ledger.graph(connection, HOME).ids))


def register(of: Node) -> dict[str, list[tuple[object, ...]]]:
    """All that a fold made, but what is left to be trimmed: with orders that do not know of each other that hangs on arrival."""
    dump = of.dump(HOME)
    dump["sync_quarantine"] = [row for row in dump["sync_quarantine"] if "erased" not in row]
    return dump


def judged(segments: Iterable[Segment]) -> Oracle:
    """The naive judge's word on a set of segments."""
    return Oracle(schema(2), KEYS["authority"].public, segments)
