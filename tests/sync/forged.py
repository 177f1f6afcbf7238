"""Forged, predicted, stolen and out-of-scope things by the thousand: `python -m tests.sync.forged --attempts 20000 --seed 1`.

A small country with a revoked laptop, a former root, a commenter, an erased person and signed receipts. Each attempt is
made by somebody who may not, put into a random honest node by the fold, a message, a reply or a bundle, and handed on to
another. Nothing may come of it: no row, value beside, history, right, erasure or safe state, on neither, nor in a refold.
All happens in transactions that are rolled back, so that every attempt meets the same country.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

import sqlalchemy as sa

from sync import bundle, decrees, exchange, fold, index, joining, keys, ledger, messages, receipts, store
from sync.bundle import Envelope
from sync.changes import Change, decode, encode
from sync.dots import dot, split
from sync.errors import SyncError
from sync.keys import NodeKey
from sync.messages import Fragment, Message
from sync.receipts import HOLDS, Receipt
from sync.schema import Key, Plain
from sync.segments import centre_partition, Header, Segment
from tests.sync import forge
from tests.sync.world import Node, schema, sync

AT = 3_000
RESERVED_FIELDS: dict[str, dict[str, Plain]] = {
    "grant": {"role": "writer"},
    "handover": {"note": ""},
    "revocation": {"heads": ""},
}
SHOWN = [store.HEAD, store.PAST, store.ERASED, store.ROOT, store.PENDING]


class Country:
    """The honest nodes, and what there is to steal."""

    def __init__(self) -> None:
        world = forge.country()
        self.world, self.central = world, world.central
        self.ziwa, self.ziwa2, self.mlima = (world.nodes[name] for name in ("ziwa", "ziwa2", "mlima"))
        self.home = self.ziwa.home
        self.gone = world.laptop("gone", self.home)
        self.commenter = world.laptop("commenter", self.home, role="commenter")
        self.founder = self._founded_alone()
        self.thief = NodeKey(b"thief" * 6 + b"!!")
        for node in (self.gone, self.commenter, self.ziwa):
            sync(node, self.central)
        self.people = [self.ziwa.new(self.home, "person", given=name, family="x", phone="1") for name in ("Asha", "Juma")]
        self.ziwa.edit(self.home, "mark", (self.people[0], "2020-06-01"), status="present")
        sync(self.ziwa, self.central)
        self.erased = self.ziwa.new(self.home, "person", given="Zuhura")
        self.gone.new(self.home, "person", given="by one who is gone")
        for node in (self.ziwa, self.gone, self.ziwa2):
            sync(node, self.central)
        self._decree()
        self.ziwa2.new(self.home, "person", given="Neema")
        for node in (self.ziwa2, self.ziwa, self.mlima, self.commenter, self.founder) * 2:
            sync(node, self.central)
        self.unsent = self.ziwa.new(self.home, "person", given="waits")
        self.honest = [self.central, self.ziwa, self.ziwa2, self.commenter]
        self.held = self._held(self.central)

    def _founded_alone(self) -> Node:
        node, central = self.world._node("founder"), self.central
        with node.begin() as connection:
            node.home = decrees.found_alone(connection, node.replica, nonce=b"founding", at=1)
            decrees.hand_over(connection, node.replica, node.home, central.key.public, self.world.authority.public, nonce=b"handover", at=1)
        with central.begin() as connection:
            joining.enter(connection, central.replica, node.key.public, name="founder", seat="centre", home=node.home, at=1)
        node.new(node.home, "person", given="of a centre that stood alone")
        sync(node, central)
        return node

    def _decree(self) -> None:
        central, root = self.central, self.world.authority
        with central.begin() as connection:
            for partition in ("nation", self.home):
                decrees.revoke(connection, central.replica, root, partition, self.gone.key.public, nonce=self.world.draw(8), at=2)
            decrees.erase(connection, central.replica, root, self.home, [("person", self.erased)], nonce=self.world.draw(8), at=2)

    def _held(self, node: Node) -> dict[str, list[Segment]]:
        with node.begin() as connection:
            return {p: list(ledger.segments(connection, ledger.graph(connection, p).ids)) for p in ledger.heads(connection)}


class Attempt:
    """One attempt: what is made, by whom, and how it comes in."""

    def __init__(self, country: Country, rng: random.Random) -> None:
        self.country, self.rng = country, rng
        self.nonce = rng.randbytes(8)

    # ---- by whom, and on what

    def outsider(self) -> NodeKey:
        """A key that may write no person in Ziwa."""
        c = self.country
        return self.rng.choice((c.thief, NodeKey(self.rng.randbytes(32)), c.gone.key, c.mlima.key, c.commenter.key, c.founder.key))

    def anybody(self) -> NodeKey:
        """A key that is root nowhere in Ziwa."""
        return self.rng.choice((self.outsider(), self.country.ziwa.key, self.country.ziwa2.key, self.country.central.key))

    def sealed(self, key: NodeKey, partition: str, changes: Sequence[Change], *, nonces: Sequence[bytes] | None = None) -> Segment:
        """On top of everything, or on top of some older segment."""
        held = self.country.held.get(partition, [])
        inner = {parent for segment in held for parent in segment.header.parents}
        tips = [s for s in held if s.id not in inner] if self.rng.random() < 0.8 else self.rng.sample(held, min(1, len(held)))
        draft = forge.header(partition, [(s.id, s.header.generation) for s in tips], nonces=nonces or [self.nonce])
        draft = replace(draft, author=key.public, at=self.rng.randrange(10**6))
        return forge.signed(key, draft, encode(changes, draft.minters))

    def own(self, key: NodeKey, partition: str) -> str:
        return forge.own_dot(key, partition, self.rng.randrange(1, 10**9), self.nonce)

    def a_row(self, name: str) -> Change:
        person = self.rng.choice(self.country.people)
        some: list[tuple[str, Key, dict[str, Plain]]] = [
            ("person", (name,), {"given": "Forged", "family": "Forged"}),
            ("person", (person,), {"phone": "forged"}),
            ("person", (person,), {"void_reason": "forged"}),
            ("person", (self.country.erased,), {"given": "Zuhura", "family": "again"}),
            ("extra", (name,), {"text": "forged"}),
        ]
        table, key, fields = self.rng.choice(some)
        return Change(name, table, key, fields, tuple(self.rng.sample(self.country.people, self.rng.randint(0, 2))), "forger", 10**9)

    # ---- what is made

    def row_without_a_right(self) -> Segment:
        key = self.outsider()
        return self.sealed(key, self.country.home, [self.a_row(self.own(key, self.country.home))])

    def stolen_dot(self) -> Segment:
        """Somebody's dot, or the next that he will mint, in a segment of one who may write rows of his own."""
        known = self.rng.choice([*self.country.people, self.country.unsent])
        minter, counter = split(known)
        name = dot(minter, counter + self.rng.choice((0, 1, 2, 1_000)))
        return self.sealed(self.country.ziwa2.key, self.country.home, [self.a_row(name)])

    def second_content(self) -> Segment:
        """A dot that counts already, by its own author, with another content."""
        mine = [s for s in self.country.held[self.country.home] if s.header.author == self.country.ziwa.key.public and not s.is_substitute]
        change = self.rng.choice([c for s in mine for c in decode(s.body, s.header.minters)])
        other = change._replace(at=change.at + 1)
        nonces = [n for s in mine for n in s.header.nonces]
        held = self.country.held[self.country.home]
        top = max(held, key=lambda s: s.header.generation)
        draft = forge.header(self.country.home, [(top.id, top.header.generation)], nonces=nonces[:1])
        draft = replace(draft, author=self.country.ziwa.key.public, at=self.rng.randrange(10**6))
        return forge.signed(self.country.ziwa.key, draft, encode([other], draft.minters))

    def decree(self) -> Segment:
        key, partition = self.anybody(), self.rng.choice((self.country.home, self.country.mlima.home, "nation", self.country.founder.home))
        if key is self.country.founder.key and partition == self.country.founder.home:
            partition = self.country.home  # beside his own handover he is root: who has not seen it cannot know
        table = self.rng.choice(tuple(RESERVED_FIELDS))
        about = self.rng.choice((key, self.country.world.authority, self.country.ziwa.key, self.country.gone.key))
        change = Change(self.own(key, partition), table, (about.public.hex(),), RESERVED_FIELDS[table], (), "forger", 10**9)
        then = Change(dot(change.dot[:16], split(change.dot)[1] + 1), "person", (self.country.people[0],), {"phone": "f"}, (), "f", 10**9)
        only = key.public in {self.country.ziwa.key.public, self.country.ziwa2.key.public, self.country.central.key.public}
        only = only or partition in (self.country.mlima.home, self.country.founder.home)
        return self.sealed(key, partition, [change] if only else [change, then])

    def order(self) -> Segment:
        key, partition = self.anybody(), self.rng.choice((self.country.home, "nation"))
        rows = [["person", person] for person in self.country.people] + [["node", self.country.ziwa.key.public.hex()]]
        held = self.country.held[partition]
        fields: dict[str, Plain] = {
            "rows": json.dumps(rows),
            "bodies": json.dumps({s.id.hex(): bytes(32).hex() for s in self.rng.sample(held, min(len(held), 3))}),
        }
        name = self.own(key, partition)
        return self.sealed(key, partition, [Change(name, "erasure", (name,), fields, (), "forger", 1)])

    def out_of_scope(self) -> Segment:
        """Rows where they do not live, by one who may write elsewhere; and what no table knows."""
        c = self.country
        key, partition, table = self.rng.choice(
            (
                (c.ziwa.key, "nation", "news"),
                (c.ziwa.key, "nation", "node"),
                (c.ziwa.key, c.mlima.home, "person"),
                (c.ziwa.key, c.home, "news"),
                (c.ziwa.key, c.home, "node"),
                (c.ziwa2.key, c.home, "GRANT"),
                (c.ziwa2.key, c.home, "sync_grant"),
            )
        )
        name = self.own(key, partition)
        about = key.public.hex() if table in ("node", "GRANT", "sync_grant") else name
        fields: dict[str, Plain] = {"text": "f", "name": "f", "seat": "central", "home": "", "role": "root", "given": "f", "family": "f"}
        return self.sealed(key, partition, [Change(name, table, (about,), fields, (), "forger", 10**9)])

    def founding(self) -> Segment:
        """A second root: of the nation, of a region, or of a centre whose name names another."""
        key = self.anybody()
        partition = self.rng.choice(("nation", "region/TZ-01", self.country.home, centre_partition(key.public, b"another!")))
        grant = Change(self.own(key, partition), "grant", (key.public.hex(),), {"role": "writer"}, (), "forger", 1)
        draft = replace(forge.header(partition, nonces=[self.nonce]), author=key.public)
        return forge.signed(key, draft, encode([grant], draft.minters))

    def tampered(self) -> Segment:
        """A real segment with something changed that its signature covers; or its signature on something else."""
        good = self.rng.choice(self.country.held[self.country.home])
        body = bytearray(good.body or b"x")
        body[self.rng.randrange(len(body))] ^= 1 << self.rng.randrange(8)
        head: Header = good.header
        changed = (
            replace(good, header=replace(head, at=head.at + 1)),
            replace(good, header=replace(head, author=self.anybody().public, at=head.at + 1)),
            replace(good, header=replace(head, partition=self.country.mlima.home)),
            replace(good, header=replace(head, nonces=(*head.nonces, self.nonce))),
            replace(good, header=replace(head, parents=head.parents[1:], generation=1), signature=self.rng.randbytes(64)),
            replace(good, body=bytes(body), header=replace(head, at=head.at + 1), is_substitute=True),
            replace(good, signature=self.anybody().sign("receipt", head.text), header=replace(head, at=7)),
        )
        return self.rng.choice(changed)

    def substitute(self) -> Segment:
        """Another body under a real header: of one held here, or of one that nobody holds yet."""
        if self.rng.random() < 0.5:
            good = self.rng.choice(self.country.held[self.country.home])
            return replace(good, body=encode([self.a_row(self.own(self.country.thief, self.country.home))], ()), is_substitute=True)
        key = self.country.ziwa2.key
        good = self.sealed(key, self.country.home, [self.a_row(self.own(key, self.country.home))])
        return replace(good, body=good.body.replace(b"orged", b"alse!"), is_substitute=True)

    def receipt(self) -> Receipt:
        """Of one who keeps nothing, under a signature of something else, about another partition, older, or another's."""
        c = self.country
        heads = tuple(s.id for s in self.rng.sample(c.held[c.home], 2)) + ((self.rng.randbytes(20),) if self.rng.random() < 0.5 else ())
        signer = self.rng.choice((c.thief, c.ziwa2.key, c.gone.key, c.mlima.key, c.ziwa.key))
        said = Receipt(signer.public, c.home, HOLDS, self.rng.randrange(10**6), self.rng.randrange(10**6), heads)
        signature = signer.sign("receipt", said.text)
        node = self.rng.choice((signer.public, c.central.key.public))
        if self.rng.random() < 0.2:
            said, node, signature = said._replace(counter=0), c.central.key.public, c.central.key.sign("segment", said.text)
        return said._replace(node=node, signature=signature)

    # ---- how it comes in

    def put(self, connection: sa.Connection, to: Node, segment: Segment | Receipt) -> None:
        """By the fold; by a message, in pieces or whole; by a reply; by a bundle. Raises SyncError where it is refused."""
        peers = [self.country.ziwa2, self.country.mlima, self.country.gone, self.country.commenter, self.country.founder]
        peer = self.country.central if to is not self.country.central else self.rng.choice(peers)
        message = Message(digest=self.rng.randbytes(16), segments=[segment] if isinstance(segment, Segment) else ())
        if isinstance(segment, Receipt):
            message = replace(message, receipts=[segment])
        elif self.rng.random() < 0.15 and len(segment.body) > 1:
            cut = self.rng.randrange(1, len(segment.body))
            first = Fragment(segment.header, segment.signature, len(segment.body), 0, segment.body[:cut], segment.is_substitute)
            exchange.answer(
                connection, to.replica, peer.key.public, replace(message, segments=(), fragment=first), at=AT, answers=b"12345678"
            )
            last = replace(first, offset=cut, piece=segment.body[cut:] if self.rng.random() < 0.5 else b"!" * (len(segment.body) - cut))
            message = replace(message, segments=(), fragment=last)
        elif self.rng.random() < 0.4:
            fold.receive(connection, to.replica, [segment])
            return
        message = messages.unpack(messages.pack(message, peer.key.public), peer.key.public)
        match self.rng.randrange(3):
            case 0:
                exchange.answer(connection, to.replica, peer.key.public, message, at=AT, answers=b"12345678")
            case 1:
                exchange.take(connection, to.replica, peer.key.public, message, at=AT)
            case _:
                self.put_bundle(connection, to, peer, message)

    def put_bundle(self, connection: sa.Connection, to: Node, peer: Node, message: Message) -> None:
        inside = bundle._INNER.pack(self.nonce, 0, 1) + messages.pack(message, peer.key.public)
        key = self.rng.choice((peer.key, peer.key, self.country.thief))
        sealed = bytearray(key.seal(to.key.public, inside, self.rng.randbytes(keys.NONCE_BYTES)))
        if self.rng.random() < 0.2:
            sealed[self.rng.randrange(len(sealed))] ^= 1 << self.rng.randrange(8)
        bundle.take(connection, to.replica, Envelope(self.rng.choice((peer.key.public, key.public)), to.key.public, bytes(sealed)))


KINDS: tuple[Callable[[Attempt], Segment | Receipt], ...] = (
    Attempt.row_without_a_right,
    Attempt.stolen_dot,
    Attempt.second_content,
    Attempt.decree,
    Attempt.order,
    Attempt.out_of_scope,
    Attempt.founding,
    Attempt.tampered,
    Attempt.substitute,
    Attempt.receipt,
)


def shown(connection: sa.Connection, country: Country) -> list[object]:
    """All that must not change: rows, values beside, history, what is erased, safe and waiting; and who may do what."""
    tables = [declared.rows for declared in schema(2).tables.values()] + SHOWN
    found: list[object] = [sorted(map(tuple, connection.execute(table.select())), key=repr) for table in tables]
    known = {segment.id for some in country.held.values() for segment in some}
    # A keeper that has kept what came says so, truly: only what it says of older segments is judged.
    found += [sorted(row for row in map(tuple, connection.execute(store.SAFE.select())) if row[0] in known)]
    people = [node.key.public for node in (*country.world.nodes.values(), country.founder)] + [country.thief.public]
    found += [index.read_by(connection, key) for key in people]
    found += [{p: index.trims(connection, p) for p in sorted(country.held)}]
    return found


class Trial:
    """Makes attempts in one country."""

    def __init__(self) -> None:
        self.country = Country()
        self.before: dict[str, list[object]] = {}
        for node in self.country.honest:
            with node.begin() as connection:
                self.before[node.name] = shown(connection, self.country)

    def run(self, seed: int) -> tuple[str, str]:
        """One attempt: (its kind, what became of it). Raises AssertionError where something came of it."""
        rng = random.Random(seed)
        attempt = Attempt(self.country, rng)
        made = (kind := rng.choice(KINDS))(attempt)
        name = kind.__name__
        to, other = rng.sample(self.country.honest, 2)
        with ExitStack() as stack:
            first, second = (stack.enter_context(node.database.engine.connect()) for node in (to, other))
            try:
                attempt.put(first, to, made)
                came_to = "kept"
                if isinstance(made, Segment):
                    again = list(ledger.segments(first, [made.id]))
                    fold.receive(second, other.replica, again)
                else:
                    receipts.take(second, [made], ledger.heads(second).keys())
            except SyncError:
                first.rollback()  # as the caller does: a message that is refused changes nothing
                second.rollback()
                came_to = "refused"
            if rng.random() < 0.1 and isinstance(made, Segment) and made.header.partition in self.country.held:
                fold.refold(first, to.replica, made.header.partition)
            for connection, node in ((first, to), (second, other)):
                after = shown(connection, self.country)
                assert after == self.before[node.name], f"{name} {seed} {came_to} at {node.name}: {_first(self.before[node.name], after)}"
                connection.rollback()
        return name, came_to


def _first(before: list[object], after: list[object]) -> str:
    one, two = next((a, b) for a, b in zip(before, after, strict=True) if a != b)
    return f"{one} became {two}"[:2_000]


def run(attempts: int, seed: int) -> Counter[tuple[str, str]]:
    """That many attempts, from one seed on."""
    trial = Trial()
    return Counter(trial.run(each) for each in range(seed, seed + attempts))


def main() -> int:
    """Print what became of the attempts; exit 1 at the first of which something came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    start = time.perf_counter()
    try:
        came_to = run(asked.attempts, asked.seed)
    except AssertionError as error:
        print(error)  # noqa: T201
        return 1
    took = time.perf_counter() - start
    seeds = f"{asked.seed}..{asked.seed + asked.attempts - 1}"
    print(f"seeds {seeds}: {asked.attempts} attempts, 0 folded; {asked.attempts / took:.0f} a second")  # noqa: T201
    for (kind, what), count in sorted(came_to.items()):
        print(f"  {kind} {what} {count}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
