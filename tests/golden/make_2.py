"""The bytes that came with version 2 of the message: decrees, receipts, substitutes, fragments, envelopes, joining by file.

`python -m tests.golden.make_2` writes them anew: only for a new version, into files of its own.
"""

import hashlib
import json
import struct

from sync import bundle, exchange, fold, joining, messages, receipts, segments
from sync.changes import Change
from sync.dots import dot, minter_of
from sync.joining import Founded
from sync.messages import Fragment, Message
from sync.receipts import Receipt
from sync.segments import Segment
from tests.golden.make import ASHA, AUTHORITY, founding, HERE, HOME, LAPTOP, of_segment, SERVER, work

NONCE = b"decrees!"
ERASED = frozenset({("person", ASHA), ("mark", ASHA, "2020-06-03")})


def decrees() -> Segment:
    """The authority revokes the laptop but for its morning, hands over to the server, and orders an erasure."""
    minter = minter_of(AUTHORITY.public, NONCE, HOME)
    order = dot(minter, 3)
    body = fold.without(work(), ERASED)
    named = json.dumps([list(row) for row in sorted(ERASED)])
    changes = [
        Change(dot(minter, 1), "revocation", (LAPTOP.public.hex(),), {"heads": work().id.hex()}, (), "", 1_600_000_000),
        Change(dot(minter, 2), "handover", (SERVER.public.hex(),), {"note": ""}, (), "", 1_600_000_000),
        Change(
            order,
            "erasure",
            (order,),
            {"rows": named, "bodies": json.dumps({work().id.hex(): hashlib.sha256(body).hexdigest()})},
            (),
            "",
            1_600_000_000,
        ),
    ]
    return segments.seal(AUTHORITY, HOME, changes, nonces=[NONCE], parents=[(work().id, 2)], at=1_600_000_000, schema=2)


def substitute() -> Segment:
    """The morning without Asha."""
    return Segment(work().header, work().signature, fold.without(work(), ERASED), is_substitute=True)


def receipt() -> Receipt:
    """The server holds the morning."""
    said = Receipt(SERVER.public, HOME, receipts.HOLDS, 3, 1_591_000_000, (work().id,))
    return said._replace(signature=SERVER.sign("receipt", said.text))


def message() -> Message:
    """A message with all that version 1 does not have."""
    whole = decrees()
    fragment = Fragment(whole.header, whole.signature, len(whole.body), 100, whole.body[100:200])
    return Message(
        digest=exchange.digest({HOME: [work().id]}),
        segments=[founding(), substitute()],
        receipts=[receipt()],
        stated=b"1234",
        wants=(work().id,),
        staged={whole.id: 100},
        fragment=fragment,
        most=4_096,
    )


def plain() -> bytes:
    """The message without packing."""
    packed = messages.pack(message(), SERVER.public)
    version, method, length = struct.unpack_from(">BBI", packed)
    block = messages._unpacked(method, packed[6 : 6 + length])
    return struct.pack(">BBI", version, 0, len(block)) + block + packed[6 + length :]


def envelope() -> bytes:
    """The message from the server to the laptop, the second of three."""
    inside = struct.pack(">8sHH", b"bundle 1", 1, 3) + plain()
    return bundle.Envelope(SERVER.public, LAPTOP.public, SERVER.seal(LAPTOP.public, inside, bytes(range(24)))).data


def golden() -> dict[str, object]:
    """All that is pinned."""
    code = joining.write_code(AUTHORITY.public, b"secret")
    founded = Founded(segments.centre_partition(LAPTOP.public, b"alone..."), b"alone...")
    return {
        "decrees": of_segment(decrees()),
        "substitute": substitute().body.decode(),
        "receipt": receipts.written([receipt()], SERVER.public)[0],
        "message": plain().hex(),
        "envelope": envelope().hex(),
        "request": joining.file_request(code, LAPTOP, founded, bytes).hex(),
    }


if __name__ == "__main__":
    (HERE / "version-2.json").write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
