"""The examples of the specification are what the code reads."""

import json
import re
from pathlib import Path

from sync import bundle, exchange, keys, messages, receipts, segments
from sync.changes import decode
from sync.keys import NodeKey
from sync.messages import Message
from sync.segments import read_header, Segment
from sync.store import CONTROL

TEXT = (Path(__file__).parents[2] / "sync" / "README.md").read_text(encoding="utf-8")
LAPTOP, SERVER = (NodeKey(bytes([k]) * 32) for k in (2, 3))


def example(name: str) -> str:
    (found,) = re.findall(rf"```{name}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


def segment() -> Segment:
    parts = json.loads(example("segment"))
    read = Segment(read_header(parts["header"].encode()), bytes.fromhex(parts["signature"]), parts["body"].encode())
    assert read.id.hex() == parts["id"]
    return read


def test_the_segment_is_whole_and_holds_a_morning() -> None:
    read = segment()
    segments.check(read)
    assert read.header.author == LAPTOP.public
    changes = decode(read.body, read.header.minters)
    assert [(change.table, change.key[-1]) for change in changes[1:]] == [("mark", f"2020-06-0{day}") for day in (1, 2, 3, 2)]
    assert changes[0].fields["given"] == "Asha"


def test_the_message_carries_the_segment() -> None:
    data = bytes.fromhex("".join(example("message").split()))
    read = messages.unpack(data, LAPTOP.public)
    assert read == Message(digest=exchange.digest({segment().header.partition: [segment().id]}), segments=[segment()], receipts=[])


def test_the_receipt_is_the_servers_word_about_the_segment() -> None:
    (read,) = receipts.read([json.loads(example("receipt"))], SERVER.public)
    keys.verify(SERVER.public, "receipt", read.text, read.signature)
    assert (read.partition, read.about, read.heads) == (segment().header.partition, receipts.HOLDS, (segment().id,))


def test_the_caps_are_those_of_the_code() -> None:
    assert messages.PACKED_MAX == 2**20
    assert messages.UNPACKED_MAX == 32 * 2**20
    for cap in (messages.SEGMENTS_MAX, messages.PARTITIONS_MAX, segments.PARENTS_MAX, segments.NONCES_MAX):
        assert f"{cap:,}" in TEXT
    assert f"{segments.BODY_MAX // 1024} KiB" in TEXT
    assert f"| {receipts.RECEIPTS_MAX:,} / {messages.WANTS_MAX} / {messages.STAGED_MAX} |" in TEXT
    assert f"| {bundle.MAIL_PER_SENDER_BYTES >> 20} MiB / {bundle.MAILBOX_BYTES >> 20} MiB |" in TEXT
    assert all(f"`{name}`" in TEXT for name in CONTROL)
