"""Version 2's bytes: today's code reads them to the same values, and writes them to the byte."""

import json
from pathlib import Path

import pytest

from sync import bundle, joining, keys, messages, receipts, segments
from sync.changes import decode
from sync.fold import read_order
from sync.ledger import Replica
from sync.rights import decree_of
from sync.segments import read_header, Segment
from tests.golden import make, make_2

PINNED = json.loads((Path(__file__).parent / "version-2.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("part", PINNED)
def test_it_writes_the_same_bytes(part: str) -> None:
    assert make_2.golden()[part] == PINNED[part]


def test_it_reads_the_decrees() -> None:
    parts = PINNED["decrees"]
    segment = Segment(read_header(parts["header"].encode()), bytes.fromhex(parts["signature"]), parts["body"].encode())
    segments.check(segment)
    revocation, handover, order = decode(segment.body, segment.header.minters)
    read = [decree_of(segment.id, make.AUTHORITY.public, change) for change in (revocation, handover)]
    assert [(d.kind, d.node, d.heads) for d in read if d] == [
        ("revocation", make.LAPTOP.public, (make.work().id,)),
        ("handover", make.SERVER.public, ()),
    ]
    rows, bodies = read_order(order)
    assert rows == [json.dumps(list(row), separators=(",", ":")) for row in sorted(make_2.ERASED)]
    assert list(bodies) == [make.work().id]


def test_a_substitute_holds_all_but_what_was_erased() -> None:
    changes = decode(PINNED["substitute"].encode(), make.work().header.minters)
    assert [change.key for change in changes] == [(make.ASHA, f"2020-06-0{day}") for day in (1, 2, 2)]


def test_it_reads_the_receipt() -> None:
    (read,) = receipts.read([PINNED["receipt"]], make.SERVER.public)
    assert read == make_2.receipt()


def test_it_reads_the_envelope_and_the_message() -> None:
    (envelope,), lost = bundle.read(bytes.fromhex(PINNED["envelope"]))
    assert lost == 0
    mine = Replica(None, make.LAPTOP, None, None)  # type: ignore[arg-type]  # opening asks for the key alone
    letter = bundle.opened(mine, envelope)
    assert (letter.bundle, letter.number, letter.count) == (b"bundle 1", 1, 3)
    assert letter.message == make_2.message()
    assert messages.unpack(bytes.fromhex(PINNED["message"]), make.SERVER.public) == make_2.message()


def test_it_opens_the_request() -> None:
    data = bytes.fromhex(PINNED["request"])
    named, secret = joining.read_code(joining.write_code(make.AUTHORITY.public, b"secret"))
    text = keys.unlock(joining._lock(named, secret), data[2:18], data[18:])
    assert joining._read_asked(text).node == make.LAPTOP.public
