"""This machine as a node: its key, its partitions, and the connection on which the engine works."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import current_app, Flask

import sync
from sync import Mint, NodeKey, Replica
from tracker import clock, migrations
from tracker.db import db, write
from tracker.errors import DomainError
from tracker.i18n import N_
from tracker.policy import OPERATOR
from tracker.replication import tables

SEED_BYTES = 32
NATION = "nation"
IDENTITY = ("seed", "authority", "authority-seed", "hub", "home")
PROOF = "identity-proof"


class NotSetUp(DomainError):
    """The data folder is empty."""

    code, status = "node.not_set_up", 409
    sentence = N_("This data folder is empty. Begin with the first steps in the browser, or with the command init or join.")


class IdentityDamaged(DomainError):
    """A bit has changed in what says who this node is: with another key it would be another node, and lose all its rights."""

    code, status = "node.identity_damaged", 500
    sentence = N_(
        "The key of this computer is damaged on its disk. Stop Daftari, then put the latest backup in its place: daftari restore FILE"
    )


class UnsentDamaged(DomainError):
    """A change that stands nowhere else is not what was saved; an upgrade would fold it as if it were."""

    code, status = "node.unsent_damaged", 500
    sentence = N_(
        "Changes that were never sent are damaged on the disk of this computer, so it cannot be upgraded. "
        "Stop Daftari, then put the latest backup in its place: daftari restore FILE"
    )


def install(app: Flask) -> None:
    """Give the application its replica: loaded when it is first needed, and again after `forget`."""
    held: list[Replica] = []

    def replica() -> Replica:
        if not held:
            held.append(_load())
        return held[0]

    app.extensions["replica"] = replica
    app.extensions["forget_replica"] = held.clear


def _load() -> Replica:
    with db.engine.connect() as connection:
        seed = sync.get_self(connection, "seed")
        authority = sync.get_self(connection, "authority")
        if not is_identity_whole(connection):
            raise IdentityDamaged
    if seed is None:
        raise NotSetUp
    key = NodeKey(seed)
    return Replica(tables.schema(), key, Mint(key.public, os.urandom, os.getpid), authority)


def is_identity_whole(connection: sa.Connection) -> bool:
    """Whether key, authority, server and home are what was kept; true where nothing was kept to compare them with."""
    return sync.get_self(connection, PROOF) in (None, _proof(connection))


def _proof(connection: sa.Connection) -> bytes:
    digest = hashlib.sha256()
    for name in IDENTITY:
        digest.update(hashlib.sha256(sync.get_self(connection, name) or b"").digest())
    return digest.digest()


def replica() -> Replica:
    """This database's replica. Raises NotSetUp, IdentityDamaged."""
    load: Callable[[], Replica] = current_app.extensions["replica"]
    return load()


@contextmanager
def begin() -> Iterator[sa.Connection]:
    """A transaction on the session's own connection, so that rows and ledger are saved together."""
    with write(OPERATOR) as session:
        yield session.connection()
        session.expire_all()


def create_tables() -> None:
    """Make all tables in an empty database, and draw this node's key. Does nothing where they are."""
    if migrations.is_due(db.engine):
        migrations.upgrade(db.engine)
    with begin() as connection:
        if sync.get_self(connection, "seed") is not None:
            return
        sync.set_self(connection, "seed", os.urandom(SEED_BYTES))
        sync.set_self(connection, PROOF, _proof(connection))
    catch_up()  # while there is nothing: else the first start reads all that was entered before it, and a server keeps that memory


def catch_up() -> None:
    """Fold what a newer version had written before this program came to know it. Every start calls it; mostly it does nothing.

    Raises IdentityDamaged, UnsentDamaged.
    """
    with db.engine.connect() as connection:  # a look first: a command that only reads should not wait for a writer
        if not sync.is_behind(connection, replica()) and sync.get_self(connection, PROOF):
            return
    with begin() as connection:
        sync.set_self(connection, PROOF, _proof(connection))
        # Folding anew reads all there is: what the disk has lost is asked of a peer, and must not keep the register closed.
        damage = sync.damage(connection)
        if any(not each.segment for each in damage):
            raise UnsentDamaged
        sync.mark_damaged(connection, [each.segment for each in damage])
        sync.upgrade(connection, replica())


def is_set_up() -> bool:
    """Whether the data folder holds a node with a place in the country."""
    if not sa.inspect(db.engine).has_table("sync_self"):
        return False
    with db.engine.connect() as connection:
        return sync.get_self(connection, "home") is not None


def home() -> str:
    """The partition of this machine's own centre; `nation` at central, empty on a coordinator's laptop."""
    with db.engine.connect() as connection:
        return (sync.get_self(connection, "home") or b"").decode()


def set_home(connection: sa.Connection, partition: str) -> None:
    """Keep which partition is this machine's own, and the proof of all that says who it is: the last step of any founding or joining."""
    sync.set_self(connection, "home", partition.encode())
    sync.set_self(connection, PROOF, _proof(connection))


def take_key(seed: bytes, welcome: sync.Welcome) -> bool:
    """Go on under another key, unless something is pending that the present one has still to seal. Returns whether it was done."""
    with begin() as connection:
        if sync.pending_counts(connection):
            return False
        sync.set_self(connection, "seed", seed)
        sync.set_self(connection, "authority", welcome.authority)
        sync.set_self(connection, "hub", welcome.hub)
        set_home(connection, welcome.home)
    return True


def found_centre() -> str:
    """Found a centre alone: this laptop's key is the root of its partition. Returns the partition."""
    with begin() as connection:
        partition = sync.found_alone(connection, replica(), nonce=os.urandom(8), at=clock.now_s())
        set_home(connection, partition)
    return partition


def found_region() -> None:
    """Set up a coordinator's laptop that has not joined yet: no partition is its own."""
    with begin() as connection:
        set_home(connection, "")


def found_central(name: str) -> str:
    """Found the nation: draw the authority's key, pin it, and enter this server in the directory."""
    authority = NodeKey(os.urandom(SEED_BYTES))
    with begin() as connection:
        sync.set_self(connection, "authority", authority.public)
        sync.set_self(connection, "authority-seed", authority.seed)
        set_home(connection, NATION)
    current_app.extensions["forget_replica"]()
    with begin() as connection:
        own = replica()
        sync.found(connection, own, authority, NATION, [(own.key.public, "writer")], nonce=os.urandom(8), at=clock.now_s())
        sync.enter(connection, own, own.key.public, name=name, seat="central", home="", at=clock.now_s())
    return NATION


def authority_key() -> NodeKey | None:
    """The authority's key, where this machine keeps it."""
    with db.engine.connect() as connection:
        seed = sync.get_self(connection, "authority-seed")
    return NodeKey(seed) if seed else None
