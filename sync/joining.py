"""Joining by invitation: how a node's key comes to be known, granted and pinned.

The code is 80 bits of the authority key's hash and a 45-bit one-time secret. The laptop asks for the server's key, which
the authority has signed, so the answer proves itself over plain HTTP; the request is sealed to that key and shows the
secret. Only then does central grant. Asking again with the same key and code gives the same answer: a lost reply is no
lost invitation.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from sync import decrees, index, keys, ledger, writing
from sync.changes import canonical
from sync.dots import NONCE_BYTES
from sync.errors import AlreadyJoined, BadInvitation, Forged, Unreadable
from sync.keys import NodeKey, seal_anonymous
from sync.ledger import Replica
from sync.schema import partition_kind
from sync.segments import centre_partition
from sync.store import INVITATION

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OILU", "011V")
AUTHORITY_BITS, SECRET_BITS, CODE_BITS = 80, 45, 125
SECRET_BYTES = 6
REQUEST_MAGIC, ANSWER_MAGIC = b"\xdaQ", b"\xdaA"


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
    number = int.from_bytes(_named(authority)) << SECRET_BITS | _secret_number(secret)
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


def _lock(named: bytes, secret: int) -> bytes:
    """What locks a request in a file: a laptop that has only the code cannot make the proof."""
    return hashlib.sha256(b"daftari request\n" + named + secret.to_bytes(SECRET_BYTES)).digest()


def _named(authority: bytes) -> bytes:
    return hashlib.sha256(authority).digest()[: AUTHORITY_BITS // 8]


# ---- the directory


def enter(connection: sa.Connection, replica: Replica, node: bytes, *, name: str, seat: str, home: str, at: int) -> None:
    """Enter a node in the directory of the nation. Only central does."""
    draft = writing.Draft("node", (node.hex(),), {"name": name, "seat": seat, "home": home})
    writing.Writing(connection, replica).write("nation", [draft], by="", at=at)


# ---- inviting


def invite(connection: sa.Connection, authority: bytes, invitation: Invitation, secret: bytes) -> str:
    """Keep an invitation and return its code. The secret itself is not kept."""
    row = {
        "proof": _proof(authority, _secret_number(secret)),
        "lock": _lock(_named(authority), _secret_number(secret)),
        "grants": canonical(vars(invitation)).decode(),
        "node": None,
        "answer": None,
    }
    connection.execute(INVITATION.insert().values(row))
    return write_code(authority, secret)


def hello(authority: NodeKey, hub: bytes) -> Hello:
    """The server's key with the authority's signature over it."""
    return Hello(authority.public, hub, authority.sign("join", hub))


# ---- joining: the laptop


class Founded(NamedTuple):
    """A centre that a laptop has founded alone, and the nonce that proves it."""

    partition: str
    nonce: bytes


def founded_here(connection: sa.Connection, replica: Replica, partition: str) -> Founded | None:
    """The proof that this node has founded a centre alone; None where another key did."""
    for founding, author in index.roots(connection, partition):
        if author == replica.key.public:
            return next((Founded(partition, segment.header.nonces[0]) for segment in ledger.segments(connection, [founding])), None)
    return None


def check_hello(said: Hello, named: bytes) -> None:
    """Raises BadInvitation if the server is not the one a code names (`read_code`), Forged if its key is not signed."""
    if _named(said.authority) != named:
        raise BadInvitation
    keys.verify(said.authority, "join", said.hub, said.signature)


def _asked(code: str, node: NodeKey, founded: Founded | None) -> bytes:
    _, secret = read_code(code)
    asked: dict[str, object] = {"node": node.public.hex(), "secret": secret}
    if founded:
        asked["founded"] = [founded.partition, founded.nonce.hex()]
    return canonical(asked | {"signed": node.sign("join", canonical(asked)).hex()})


def request(said: Hello, code: str, node: NodeKey, founded: Founded | None = None) -> bytes:
    """The sealed request: the laptop's key and the secret, for the server's eyes alone; and the centre that it brings."""
    return seal_anonymous(said.hub, _asked(code, node, founded))


def read_welcome(said: Hello, node: NodeKey, sealed: bytes) -> Welcome:
    """The server's answer. Raises Forged, Unreadable."""
    try:
        answer = json.loads(node.open(said.hub, sealed))
        return Welcome(said.authority, said.hub, *(str(answer[name]) for name in ("seat", "home", "name", "server", "regions")))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable from error


# ---- joining by files: no server's key is known yet, so the request is locked with the secret itself


def file_request(code: str, node: NodeKey, founded: Founded | None, draw: Callable[[int], bytes]) -> bytes:
    """The request as the content of a file: whoever finds the stick would have to try all secrets, each as slow as a password."""
    named, secret = read_code(code)
    salt = draw(keys.SALT_BYTES)
    return REQUEST_MAGIC + salt + keys.lock(_lock(named, secret), salt, _asked(code, node, founded), draw(keys.NONCE_BYTES))


def read_file_answer(named: bytes, node: NodeKey, data: bytes) -> Welcome:
    """What the server wrote in answer. named: the authority as the code named it. Raises BadInvitation, Forged, Unreadable."""
    if data[: len(ANSWER_MAGIC)] != ANSWER_MAGIC:
        raise Unreadable
    try:
        parts = json.loads(data[len(ANSWER_MAGIC) :])
        said = Hello(*(bytes.fromhex(parts[name]) for name in ("authority", "hub", "signature")))
        sealed = bytes.fromhex(parts["welcome"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable from error
    check_hello(said, named)
    return read_welcome(said, node, sealed)


# ---- joining: the server


class Admitting(NamedTuple):
    """What a server needs to let nodes in.

    admitted  told the invitation, the partition and whether that was founded just now, in the same transaction
    """

    authority: NodeKey
    server: str
    draw: Callable[[int], bytes]
    admitted: Callable[[Invitation, str, bool], None]


def admit(connection: sa.Connection, replica: Replica, by: Admitting, sealed: bytes, *, at: int) -> bytes:
    """Judge a request; grant, enter the node, and answer, sealed. One use: but the same key may ask again.

    Raises AlreadyJoined, BadInvitation, Forged, Unreadable.
    """
    return _admit(connection, replica, by, _read_asked(replica.key.open_anonymous(sealed)), at)


def admit_by_file(connection: sa.Connection, replica: Replica, by: Admitting, data: bytes, *, at: int) -> tuple[bytes, bytes]:
    """(key of the newcomer, content of the file that answers its file with a request). Raises as `admit`."""
    if data[: len(REQUEST_MAGIC)] != REQUEST_MAGIC:
        raise Unreadable
    salt, locked = data[len(REQUEST_MAGIC) :][: keys.SALT_BYTES], data[len(REQUEST_MAGIC) + keys.SALT_BYTES :]
    for lock in connection.execute(sa.select(INVITATION.c.lock).where(INVITATION.c.lock.is_not(None))).scalars():
        with suppress(Forged):
            asked = _read_asked(keys.unlock(lock, salt, locked))
            welcome = _admit(connection, replica, by, asked, at)
            said = hello(by.authority, replica.key.public)
            parts = {name: value.hex() for name, value in vars(said).items()}
            return asked.node, ANSWER_MAGIC + canonical(parts | {"welcome": welcome.hex()})
    raise BadInvitation


class _Asked(NamedTuple):
    node: bytes
    secret: int
    founded: Founded | None


def _read_asked(text: bytes) -> _Asked:
    try:
        asked = json.loads(text)
        signed = bytes.fromhex(asked.pop("signed"))
        node, secret = bytes.fromhex(asked["node"]), int(asked["secret"])
        keys.verify(node, "join", canonical(asked), signed)
        if "founded" not in asked:
            return _Asked(node, secret, None)
        partition, nonce = asked["founded"]
        founded = Founded(str(partition), bytes.fromhex(nonce))
        if founded.partition != centre_partition(node, founded.nonce):
            raise Forged
        return _Asked(node, secret, founded)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable from error


def _admit(connection: sa.Connection, replica: Replica, by: Admitting, asked: _Asked, at: int) -> bytes:
    if not 0 <= asked.secret < 1 << SECRET_BITS:
        raise BadInvitation
    proof = _proof(by.authority.public, asked.secret)
    row = connection.execute(sa.select(INVITATION).where(INVITATION.c.proof == proof).with_for_update()).one_or_none()
    if row is None or (row.node is not None and row.node != asked.node):
        raise BadInvitation
    answer = row.answer
    if answer is None:
        parts = json.loads(row.grants)
        invitation = Invitation(parts["seat"], parts["name"], parts["home"], tuple((p, r) for p, r in parts["grants"]), parts["regions"])
        if asked.founded and (invitation.seat != "centre" or invitation.home):
            raise AlreadyJoined  # a code for another place: this laptop brings one of its own
        home = asked.founded.partition if asked.founded else _grant_all(connection, replica, by, asked.node, invitation, at)
        enter(connection, replica, asked.node, name=invitation.name, seat=invitation.seat, home=home, at=at)
        by.admitted(invitation, home, asked.founded is None)
        told = {"seat": invitation.seat, "home": home, "name": invitation.name, "server": by.server, "regions": invitation.regions}
        answer = canonical(told)
        connection.execute(INVITATION.update().where(INVITATION.c.proof == proof).values(node=asked.node, answer=answer))
    return replica.key.seal(asked.node, answer, by.draw(keys.NONCE_BYTES))


def _coordinators(connection: sa.Connection, replica: Replica, region: str) -> list[tuple[bytes, str]]:
    """Who writes a region besides this server reads, and comments on, every centre that is founded in it."""
    found_there = index.granted(connection, f"region/{region}", "writer")
    return [(node, "commenter") for node in sorted(found_there - {replica.key.public})]


def adopt(connection: sa.Connection, replica: Replica, authority: NodeKey, partition: str, region: str, *, nonce: bytes, at: int) -> None:
    """Let the coordinators of a region read a centre that was founded alone, once its root has been handed over."""
    lacking = [
        (node, role) for node, role in _coordinators(connection, replica, region) if node not in index.writers(connection, partition)
    ]
    if lacking and decrees.is_root(connection, partition, authority.public):
        decrees.found(connection, replica, authority, partition, lacking, nonce=nonce, at=at)


def _grant_all(connection: sa.Connection, replica: Replica, by: Admitting, node: bytes, invitation: Invitation, at: int) -> str:
    home = invitation.home
    ledger.lock(connection, "nation", *filter(None, [home]), *(partition for partition, _ in invitation.grants))
    if invitation.seat == "centre" and not home:
        nonce = by.draw(NONCE_BYTES)
        home = centre_partition(by.authority.public, nonce)
        grants = [(replica.key.public, "writer"), (node, "writer"), *_coordinators(connection, replica, invitation.regions)]
        decrees.found(connection, replica, by.authority, home, grants, nonce=nonce, at=at)
    elif home:
        decrees.found(connection, replica, by.authority, home, [(node, "writer")], nonce=by.draw(NONCE_BYTES), at=at)
    for partition, role in invitation.grants:
        if partition_kind(partition) == "centre" and not decrees.is_root(connection, partition, by.authority.public):
            continue  # its history has not come yet; `adopt` will grant this, and now it would count for nothing
        # A region is founded by its first coordinator's invitation, and central writes regional facts too.
        ours = [] if index.roots(connection, partition) else [(replica.key.public, "writer")]
        decrees.found(connection, replica, by.authority, partition, [*ours, (node, role)], nonce=by.draw(NONCE_BYTES), at=at)
    return home
