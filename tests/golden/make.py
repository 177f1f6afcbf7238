"""The bytes that version 1 has promised to read for ever, and to write as long as it is the version that is written.

`python -m tests.golden.make` writes them anew: only for a new version, into files of its own.
"""

import json
import struct
from pathlib import Path

from sync import exchange, joining, keys, messages, segments
from sync.changes import Change
from sync.dots import dot, minter_of
from sync.keys import NodeKey
from sync.messages import Message
from sync.schema import Plain
from sync.segments import Segment

HERE = Path(__file__).parent
AUTHORITY, LAPTOP, SERVER = (NodeKey(bytes([k]) * 32) for k in (1, 2, 3))
FOUNDING_NONCE, NONCE = b"founding", b"laptop 1"
HOME = segments.centre_partition(AUTHORITY.public, FOUNDING_NONCE)
MINTER = minter_of(LAPTOP.public, NONCE, HOME)
ASHA = dot(MINTER, 1)


def founding() -> Segment:
    """The authority founds a centre, and grants it to the server and to a laptop."""
    minter = minter_of(AUTHORITY.public, FOUNDING_NONCE, HOME)
    named = enumerate((SERVER, LAPTOP), start=1)
    changes = [Change(dot(minter, k), "grant", (key.public.hex(),), {"role": "writer"}, (), "", 1_580_000_000) for k, key in named]
    return segments.seal(AUTHORITY, HOME, changes, nonces=[FOUNDING_NONCE], parents=[], at=1_580_000_000, schema=1)


def work() -> Segment:
    """A morning at the centre: a person, three marks, one of them corrected."""
    person: dict[str, Plain] = {"given": "Asha", "family": "Moh'd", "born": "2002-02-28", "left": False}
    days = ("2020-06-01", "2020-06-02", "2020-06-03")
    statuses = ("present", None, "late")
    changes = [
        Change(ASHA, "person", (ASHA,), person, (), "amina", 1_590_990_000),
        *(
            Change(dot(MINTER, k), "mark", (ASHA, day), {"status": status}, (), "amina", 1_590_990_060)
            for k, (day, status) in enumerate(zip(days, statuses, strict=True), start=2)
        ),
        Change(dot(MINTER, 5), "mark", (ASHA, "2020-06-02"), {"status": "absent"}, (dot(MINTER, 3),), "baraka", 1_590_990_120),
    ]
    above = founding()
    return segments.seal(LAPTOP, HOME, changes, nonces=[NONCE], parents=[(above.id, 1)], at=1_590_990_180, schema=1)


def message() -> Message:
    """What the laptop says when it has reason to state heads."""
    made = [founding(), work()]
    heads, ladders = {HOME: [made[1].id]}, {HOME: [made[0].id[:6]]}
    return Message(b"answers!", exchange.digest({HOME: [made[1].id]}), heads, ladders, made, (), frozenset({"nation"}), frozenset({HOME}))


def plain() -> bytes:
    """The message without packing: how it packs may differ between versions of zlib, what it holds may not."""
    packed = messages.pack(message(), LAPTOP.public)
    _, method, length = struct.unpack_from(">BBI", packed)
    block = messages._unpacked(method, packed[6 : 6 + length])
    return struct.pack(">BBI", 1, 0, len(block)) + block + packed[6 + length :]


def envelope() -> bytes:
    """The message from the laptop to the server."""
    return b"\xdaM" + keys.short(LAPTOP.public) + LAPTOP.seal(SERVER.public, plain(), bytes(range(24)))


def of_segment(segment: Segment) -> dict[str, str]:
    """A segment's parts."""
    return {
        "header": segment.header.text.decode(),
        "id": segment.id.hex(),
        "signature": segment.signature.hex(),
        "body": segment.body.decode(),
    }


def golden() -> dict[str, object]:
    """All that is pinned."""
    return {
        "keys": {
            name: {"seed": key.seed.hex(), "public": key.public.hex(), "short": keys.short(key.public).hex()}
            for name, key in (("authority", AUTHORITY), ("laptop", LAPTOP), ("server", SERVER))
        },
        "partition": {"root": AUTHORITY.public.hex(), "nonce": FOUNDING_NONCE.hex(), "name": HOME},
        "dot": {"author": LAPTOP.public.hex(), "nonce": NONCE.hex(), "partition": HOME, "minter": MINTER, "first": ASHA},
        "founding": of_segment(founding()),
        "work": of_segment(work()),
        "digest": exchange.digest({HOME: [work().id], "nation": [founding().id]}).hex(),
        "message": plain().hex(),
        "envelope": envelope().hex(),
        "invitation": {
            "secret": b"secret".hex(),
            "code": joining.write_code(AUTHORITY.public, b"secret"),
            "proof": joining._proof(AUTHORITY.public, joining._secret_number(b"secret")).hex(),
        },
        "hello": {name: value.hex() for name, value in vars(joining.hello(AUTHORITY, SERVER.public)).items()},
    }


if __name__ == "__main__":
    (HERE / "version-1.json").write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
