"""Founding partitions, and joining by invitation: how a node's key comes to be known, granted and pinned.

The code is 80 bits of the authority key's hash and a 45-bit one-time secret. The laptop asks for the server's key, which
the authority has signed, so the answer proves itself over plain HTTP; the request is sealed to that key and shows the
secret. Only then does central grant. Asking again with the same key and code gives the same answer: a lost reply is no
lost invitation.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from sync import fold, keys, ledger, segments, writing
from sync.changes import canonical, Change
from sync.dots import dot, minter_of, NONCE_BYTES
from sync.errors import BadInvitation, Unreadable
from sync.keys import NodeKey, seal_anonymous
from sync.ledger import INVITATION, Replica
from sync.segments import centre_partition

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OILU", "011V")
AUTHORITY_BITS, SECRET_BITS, CODE_BITS = 80, 45, 125
SECRET_BYTES = 6


@dataclass(frozen=True)
class Hello:
    """The server's key and the authority's signature over it."""

    authority: bytes
    hub: bytes
    signature: bytes


@dataclass(frozen=True)
class Welcome:
    """What a node learns when it joins.

    home     its centre partition, or empty
    regions  of a coordinator, or the region of a centre: codes, by commas
    """

    authority: bytes
    hub: bytes
    seat: str
    home: str
    name: str
    server: str
    regions: str


@dataclass(frozen=True)
class Invitation:
    """What an invitation will grant: (partition, role) pairs; `centre` founds a new centre's partition as well."""

    seat: str
    name: str
    home: str
    grants: tuple[tuple[str, str], ...]
    regions: str = ""


# ---- the code


def write_code(authority: bytes, secret: bytes) -> str:
    """The code that a person types: 25 letters and digits in groups of five, none of them alike to the eye."""
    number = int.from_bytes(hashlib.sha256(authority).digest()[: AUTHORITY_BITS // 8]) << SECRET_BITS | _secret_number(secret)
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(CODE_BITS - 5, -1, -5))
    return "-".join(letters[k : k + 5] for k in range(0, len(letters), 5))


def read_code(code: str) -> tuple[bytes, int]:
    """(first ten bytes of the authority key's hash, secret) of a typed code. Raises BadInvitation."""
    letters = "".join(code.upper().replace("-", "").split()).translate(_READ_AS)
    if len(letters) != CODE_BITS // 5 or any(letter not in ALPHABET for letter in letters):
        raise BadInvitation
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    return (number >> SECRET_BITS).to_bytes(AUTHORITY_BITS // 8), number & (1 << SECRET_BITS) - 1


def _secret_number(secret: bytes) -> int:
    return int.from_bytes(secret) & (1 << SECRET_BITS) - 1


def _proof(authority: bytes, secret: int) -> bytes:
    return hashlib.sha256(b"daftari invitation\n" + authority + secret.to_bytes(SECRET_BYTES)).digest()


# ---- founding


def found(
    connection: sa.Connection,
    replica: Replica,
    root: NodeKey,
    partition: str,
    grants: Iterable[tuple[bytes, str]],
    *,
    nonce: bytes,
    at: int,
) -> None:
    """Found a partition, or extend it, with the root's signature: one segment that grants roles to keys."""
    minter = minter_of(root.public, nonce, partition)
    changes = [
        Change(dot(minter, k), "grant", (node.hex(),), {"role": role}, (), "", at) for k, (node, role) in enumerate(grants, start=1)
    ]
    parents = ledger.heads_of(connection, partition)
    segment = segments.seal(root, partition, changes, nonces=[nonce], parents=parents, at=at, schema=replica.schema.version)
    fold.receive(connection, replica, [segment])


def found_alone(connection: sa.Connection, replica: Replica, *, nonce: bytes, at: int) -> str:
    """Found a centre of this laptop's own, with its own key as root. Returns the partition."""
    partition = centre_partition(replica.key.public, nonce)
    found(connection, replica, replica.key, partition, [(replica.key.public, "writer")], nonce=nonce, at=at)
    return partition


def enter(connection: sa.Connection, replica: Replica, node: bytes, *, name: str, seat: str, home: str, at: int) -> None:
    """Enter a node in the directory of the nation. Only central does."""
    draft = writing.Draft("node", (node.hex(),), {"name": name, "seat": seat, "home": home})
    writing.Writing(connection, replica).write("nation", [draft], by="", at=at)


# ---- inviting


def invite(connection: sa.Connection, authority: bytes, invitation: Invitation, secret: bytes) -> str:
    """Keep an invitation and return its code. The secret itself is not kept."""
    row = {"proof": _proof(authority, _secret_number(secret)), "grants": canonical(vars(invitation)).decode(), "node": None, "answer": None}
    connection.execute(INVITATION.insert().values(row))
    return write_code(authority, secret)


def hello(authority: NodeKey, hub: bytes) -> Hello:
    """The server's key with the authority's signature over it."""
    return Hello(authority.public, hub, authority.sign("join", hub))


# ---- joining: the laptop


def check_hello(said: Hello, code: str) -> None:
    """Raises BadInvitation if the server is not the code's, Forged if its key is not signed."""
    authority, _ = read_code(code)
    if hashlib.sha256(said.authority).digest()[: AUTHORITY_BITS // 8] != authority:
        raise BadInvitation
    keys.verify(said.authority, "join", said.hub, said.signature)


def request(said: Hello, code: str, node: NodeKey) -> bytes:
    """The sealed request: the laptop's key and the secret, for the server's eyes alone."""
    _, secret = read_code(code)
    asked = {"node": node.public.hex(), "secret": secret}
    return seal_anonymous(said.hub, canonical(asked | {"signed": node.sign("join", canonical(asked)).hex()}))


def read_welcome(said: Hello, node: NodeKey, sealed: bytes) -> Welcome:
    """The server's answer. Raises Forged, Unreadable."""
    try:
        answer = json.loads(node.open(said.hub, sealed))
        return Welcome(said.authority, said.hub, *(str(answer[name]) for name in ("seat", "home", "name", "server", "regions")))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable from error


# ---- joining: the server


def admit(
    connection: sa.Connection,
    replica: Replica,
    authority: NodeKey,
    sealed: bytes,
    *,
    server: str,
    at: int,
    draw: Callable[[int], bytes],
    admitted: Callable[[Invitation, str], None],
) -> bytes:
    """Judge a request; grant, enter the node, and answer, sealed. One use: but the same key may ask again.

    admitted  told the invitation and the partition, in the same transaction, when a node comes in
    Raises BadInvitation, Forged, Unreadable.
    """
    node, proof = _read_request(replica.key, authority.public, sealed)
    row = connection.execute(sa.select(INVITATION).where(INVITATION.c.proof == proof).with_for_update()).one_or_none()
    if row is None or (row.node is not None and row.node != node):
        raise BadInvitation
    if row.answer is None:
        parts = json.loads(row.grants)
        invitation = Invitation(parts["seat"], parts["name"], parts["home"], tuple((p, r) for p, r in parts["grants"]), parts["regions"])
        home = _grant_all(connection, replica, authority, node, invitation, at, draw)
        enter(connection, replica, node, name=invitation.name, seat=invitation.seat, home=home, at=at)
        admitted(invitation, home)
        told = {"seat": invitation.seat, "home": home, "name": invitation.name, "server": server, "regions": invitation.regions}
        answer = canonical(told)
        connection.execute(INVITATION.update().where(INVITATION.c.proof == proof).values(node=node, answer=answer))
    else:
        answer = row.answer
    return replica.key.seal(node, answer, draw(keys.NONCE_BYTES))


def _read_request(hub: NodeKey, authority: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    try:
        asked = json.loads(hub.open_anonymous(sealed))
        signed = bytes.fromhex(asked.pop("signed"))
        node, secret = bytes.fromhex(asked["node"]), int(asked["secret"])
        keys.verify(node, "join", canonical(asked), signed)
        return node, _proof(authority, secret)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable from error


def _coordinators(connection: sa.Connection, replica: Replica, region: str) -> list[tuple[bytes, str]]:
    """Who writes a region besides this server reads, and comments on, every centre that is founded in it."""
    found_there = ledger.granted(connection, f"region/{region}", "writer")
    return [(node, "commenter") for node in sorted(found_there - {replica.key.public})]


def _grant_all(
    connection: sa.Connection,
    replica: Replica,
    authority: NodeKey,
    node: bytes,
    invitation: Invitation,
    at: int,
    draw: Callable[[int], bytes],
) -> str:
    home = invitation.home
    ledger.lock(connection, "nation", *filter(None, [home]), *(partition for partition, _ in invitation.grants))
    if invitation.seat == "centre" and not home:
        nonce = draw(NONCE_BYTES)
        home = centre_partition(authority.public, nonce)
        writers = [(replica.key.public, "writer"), (node, "writer")]
        found(connection, replica, authority, home, [*writers, *_coordinators(connection, replica, invitation.regions)], nonce=nonce, at=at)
    elif home:
        found(connection, replica, authority, home, [(node, "writer")], nonce=draw(NONCE_BYTES), at=at)
    for partition, role in invitation.grants:
        # A region is founded by its first coordinator's invitation, and central writes regional facts too.
        ours = [] if ledger.roots(connection, partition) else [(replica.key.public, "writer")]
        found(connection, replica, authority, partition, [*ours, (node, role)], nonce=draw(NONCE_BYTES), at=at)
    return home

