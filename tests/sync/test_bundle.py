"""Envelopes: whatever order they come in, whoever carries them, whatever was done to them on the way."""

import random
import time
from dataclasses import replace

import pytest

from sync import bundle, fold, ledger, messages, writing
from sync.bundle import Envelope
from sync.errors import OwnBundle, Stranger, SyncError
from sync.keys import NodeKey
from sync.messages import Message
from tests.sync import forge
from tests.sync.world import Database, Node, sync, World

AT = 5_000


def write(node: Node, to: Node, *, to_stranger: bool = False) -> list[Envelope]:
    with node.begin() as connection:
        writing.seal(connection, node.replica, AT)
        return bundle.write(connection, node.replica, to.key.public, at=AT, draw=node.draw, to_stranger=to_stranger)


def accept(node: Node, envelope: Envelope) -> fold.Received | None:
    with node.begin() as connection:
        return bundle.accept(connection, node.replica, envelope)[1]


def fill(country: World, node: Node, rows: int) -> list[str]:
    return [node.new(node.home, "person", given=country.draw(3_000).hex()) for _ in range(rows)]


@pytest.mark.parametrize("seed", range(6))
def test_letters_out_of_order_twice_lost_and_crossed_end_in_equal_rows(
    seed: int, country: World, ziwa: Node, ziwa2: Node, central: Node
) -> None:
    rng = random.Random(seed)
    fill(country, ziwa, 60)
    for _ in range(12):  # sticks go to and fro; some letters are read twice, some never, and both sides go on writing
        up, down = write(ziwa, central), write(central, ziwa)
        for to, letters in ((central, up), (ziwa, down)):
            carried = [each for each in letters if rng.random() < 0.8]
            for each in rng.sample(carried, len(carried)) + carried[:1]:
                accept(to, each)
        if rng.random() < 0.5:
            fill(country, rng.choice((ziwa, ziwa2)), 1)
            sync(ziwa2, central)
    for _ in range(2):
        for each in write(ziwa, central):
            accept(central, each)
        for each in write(central, ziwa):
            accept(ziwa, each)
    assert ziwa.heads() == {name: heads for name, heads in central.heads().items() if name in ("nation", ziwa.home)}
    assert ziwa.dump(ziwa.home) == central.dump(ziwa.home)
    assert sync(ziwa, central) == 1


def test_an_envelope_flipped_at_any_byte_is_refused_and_changes_nothing(ziwa: Node, central: Node) -> None:
    ziwa.new(ziwa.home, "person", given="Asha")
    (envelope,) = write(ziwa, central)
    before = central.database.copy()
    for place in range(len(envelope.data)):
        flipped = bytearray(envelope.data)
        flipped[place] ^= 1 << place % 8
        found, lost = bundle.read(bytes(flipped))
        assert found or lost
        for each in found:
            with pytest.raises(SyncError):
                accept(central, each)
    assert central.database.copy() == before


def test_a_file_full_of_beginnings_is_read_in_good_time() -> None:
    start = time.process_time()
    assert bundle.read(bundle.MAGIC * 700_000) == ([], 1_400_000)
    assert time.process_time() - start < 2


def test_a_server_that_has_forgotten_a_laptop_takes_from_it_only_what_the_authority_or_itself_has_signed(
    country: World, central: Node
) -> None:
    backup = central.database.copy()
    late = country.laptop("late")
    sync(late, central)
    person = late.new(late.home, "person", given="Asha")
    central.database.close()
    central.database = Database(backup)
    (opening, *_) = write(late, central)
    with pytest.raises(Stranger):
        accept(central, opening)
    for _ in range(3):  # it believes that the server still holds its centre, until that has answered
        for each in write(late, central, to_stranger=True):
            accept(central, each)
        for each in write(central, late):
            accept(late, each)
    assert central.state(late.home, "person", (person,))


def test_a_stranger_s_own_segments_are_never_taken(central: Node) -> None:
    thief = NodeKey(b"thief" * 6 + b"!!")
    own = forge.with_body(thief, central, "nation", {"b": [], "m": []})
    inside = bundle._INNER.pack(b"bundle!!", 0, 1) + messages.pack(Message(digest=bytes(16), segments=[own]), thief.public)
    envelope = Envelope(thief.public, central.key.public, thief.seal(central.key.public, inside, bytes(24)))
    heads = central.heads()
    with pytest.raises(Stranger):
        accept(central, envelope)
    assert central.heads() == heads


def test_mail_is_bounded_and_between_nodes_of_the_directory(
    ziwa: Node, mlima: Node, central: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    (envelope,) = write(ziwa, central)
    monkeypatch.setattr(bundle, "MAIL_PER_SENDER_BYTES", 10 * len(envelope.data))
    with pytest.raises(OwnBundle):
        accept(ziwa, envelope)
    for stranger in (replace(envelope, sender=bytes(32)), replace(envelope, recipient=bytes(32))):
        with pytest.raises(Stranger):
            accept(mlima, stranger)
    for k in range(50):
        accept(mlima, replace(envelope, sealed=envelope.sealed[:-1] + bytes([k])))
        accept(mlima, replace(envelope, sealed=envelope.sealed[:-1] + bytes([k])))
    with mlima.begin() as connection:
        carried = bundle.mail(connection, to=central.key.public)
    assert [each.sealed[-1] for each in carried] == list(range(40, 50))
    with mlima.begin() as connection:
        assert ledger.heads(connection).keys() == {"nation", mlima.home}
