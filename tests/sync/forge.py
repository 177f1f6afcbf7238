"""Segments and messages as an attacker makes them: any body, any header, any key."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import cache

import sqlalchemy as sa

from sync import fold, ledger
from sync.changes import canonical, Change, encode
from sync.dots import dot, minter_of
from sync.keys import NodeKey
from sync.segments import Header, Segment
from tests.sync.world import Database, Node, sync, World

NONCE = b"hostile!"


def signed(key: NodeKey, header: Header, body: bytes) -> Segment:
    """A header and any body under a signature that holds."""
    header = replace(header, author=key.public, body_hash=hashlib.sha256(body).digest())
    return Segment(header, key.sign("segment", header.text), body)


def header(partition: str, parents: Iterable[tuple[bytes, int]] = (), *, nonces: Sequence[bytes] = (NONCE,)) -> Header:
    known = sorted(parents)
    generation = 1 + max((generation for _, generation in known), default=0)
    return Header(partition, bytes(32), tuple(nonces), tuple(each for each, _ in known), generation, 9, 2, bytes(32))


def tips(node: Node, partition: str) -> list[tuple[bytes, int]]:
    with node.begin() as connection:
        graph = ledger.graph(connection, partition)
    return [(head, graph.generation[head]) for head in graph.heads()]


def segment(key: NodeKey, on: Node, partition: str, changes: Sequence[Change], *, nonces: Sequence[bytes] = (NONCE,)) -> Segment:
    """Changes sealed by `key` on top of all that `on` holds."""
    draft = replace(header(partition, tips(on, partition), nonces=nonces), author=key.public)
    return signed(key, draft, encode(changes, draft.minters))


def with_body(key: NodeKey, on: Node, partition: str, body: object) -> Segment:
    return signed(key, header(partition, tips(on, partition)), body if isinstance(body, bytes) else canonical(body))


def minter(key: NodeKey, partition: str, nonce: bytes = NONCE) -> str:
    return minter_of(key.public, nonce, partition)


def own_dot(key: NodeKey, partition: str, counter: int = 1, nonce: bytes = NONCE) -> str:
    return dot(minter(key, partition, nonce), counter)


def receive(node: Node, *arriving: Segment) -> fold.Received:
    with node.begin() as connection:
        return fold.receive(connection, node.replica, arriving)


def reasons(node: Node, partition: str) -> dict[str, int]:
    with node.begin() as connection:
        return ledger.quarantine_counts(connection).get(partition, {})


def count(node: Node, table: sa.Table) -> int:
    with node.begin() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@cache
def _country() -> tuple[World, dict[str, bytes]]:
    world = World(1)
    ziwa = world.laptop("ziwa")
    world.laptop("ziwa2", ziwa.home)
    world.laptop("mlima")
    for node in world.nodes.values():
        if node is not world.central:
            sync(node, world.central)
    return world, {name: node.database.copy() for name, node in world.nodes.items()}


def country() -> World:
    """Central, two laptops of Ziwa and one of Mlima, all in step. Made once, and copied."""
    made, contents = _country()
    world = copy(made)
    world.rng = random.Random(2)
    world.nodes = {name: replace(node, draw=world.draw, database=Database(contents[name])) for name, node in made.nodes.items()}
    world.central = world.nodes["central"]
    return world
