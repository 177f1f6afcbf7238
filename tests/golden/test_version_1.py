"""Version 1's bytes: today's code reads them to the same values, and writes them to the byte."""

import json
from pathlib import Path

import pytest

from sync import joining, messages, segments
from sync.changes import decode
from sync.dots import minter_of
from sync.keys import NodeKey
from sync.segments import read_header, Segment
from tests.golden import make

PINNED = json.loads((Path(__file__).parent / "version-1.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("part", PINNED)
def test_it_writes_the_same_bytes(part: str) -> None:
    assert make.golden()[part] == PINNED[part]


def read(name: str) -> Segment:
    parts = PINNED[name]
    return Segment(read_header(parts["header"].encode()), bytes.fromhex(parts["signature"]), parts["body"].encode())


@pytest.mark.parametrize("name", ["founding", "work"])
def test_it_reads_a_segment(name: str) -> None:
    segment = read(name)
    segments.check(segment)
    assert segment.id.hex() == PINNED[name]["id"]


def test_it_reads_the_changes() -> None:
    segment = read("work")
    asha, *marks = decode(segment.body, segment.header.minters)
    assert asha.dot == PINNED["dot"]["first"] == f"{PINNED['dot']['minter']}-1"
    assert asha.fields == {"given": "Asha", "family": "Moh'd", "born": "2002-02-28", "left": False}
    assert [(mark.key[1], mark.fields["status"], mark.by) for mark in marks] == [
        ("2020-06-01", "present", "amina"),
        ("2020-06-02", None, "amina"),
        ("2020-06-03", "late", "amina"),
        ("2020-06-02", "absent", "baraka"),
    ]
    assert marks[3].bases == (marks[1].dot,)
    grants = decode(read("founding").body, read("founding").header.minters)
    assert [grant.key[0] for grant in grants] == [PINNED["keys"]["server"]["public"], PINNED["keys"]["laptop"]["public"]]


def test_it_reads_names() -> None:
    named = PINNED["dot"]
    assert minter_of(bytes.fromhex(named["author"]), bytes.fromhex(named["nonce"]), named["partition"]) == named["minter"]
    root, nonce = (bytes.fromhex(PINNED["partition"][name]) for name in ("root", "nonce"))
    assert segments.centre_partition(root, nonce) == PINNED["partition"]["name"]


def test_it_reads_the_envelope_and_the_message() -> None:
    sealed = bytes.fromhex(PINNED["envelope"])
    assert (sealed[:2], sealed[2:10].hex()) == (b"\xdaM", PINNED["keys"]["laptop"]["short"])
    server, laptop = NodeKey(bytes.fromhex(PINNED["keys"]["server"]["seed"])), bytes.fromhex(PINNED["keys"]["laptop"]["public"])
    plain = server.open(laptop, sealed[10:])
    assert plain.hex() == PINNED["message"]
    said = messages.unpack(plain, laptop)
    assert [segment.id for segment in said.segments] == [read("founding").id, read("work").id]
    assert said.answers == b"answers!"
    assert (set(said.said), set(said.told)) == ({"nation"}, {PINNED["partition"]["name"]})
    packed = messages.pack(make.message(), laptop)
    assert messages.unpack(packed, laptop) == said


def test_it_reads_the_invitation_and_the_hello() -> None:
    authority, secret = joining.read_code(PINNED["invitation"]["code"])
    assert secret == int.from_bytes(bytes.fromhex(PINNED["invitation"]["secret"])) & (1 << 45) - 1
    joining.check_hello(
        joining.Hello(*(bytes.fromhex(text) for text in PINNED["hello"].values())), joining.read_code(PINNED["invitation"]["code"])[0]
    )
    assert len(authority) == 10
