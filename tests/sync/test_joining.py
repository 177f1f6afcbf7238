"""Invitation codes, and who comes in with one."""

import pytest

from sync import decrees, index, joining, ledger
from sync.errors import BadInvitation, Forged, SyncError
from sync.joining import ALPHABET, Invitation, read_code, Welcome, write_code
from sync.keys import NodeKey
from tests.sync.world import Node, World

CENTRE = Invitation("centre", "ziwa", "", ())
AUTHORITY = bytes(range(32))


def admit(country: World, sealed: bytes, admitted: list[str] | None = None) -> bytes:
    central = country.central
    came_in = admitted if admitted is not None else []
    by = joining.Admitting(country.authority, "office", country.draw, lambda _, home, __: came_in.append(home))
    with central.begin() as connection:
        return joining.admit(connection, central.replica, by, sealed, at=1)


def invite(country: World, invitation: Invitation = CENTRE) -> str:
    with country.central.begin() as connection:
        return joining.invite(connection, country.authority.public, invitation, b"secret")


def join(country: World, code: str, node: NodeKey) -> Welcome:
    said = joining.hello(country.authority, country.central.key.public)
    joining.check_hello(said, read_code(code)[0])
    return joining.read_welcome(said, node, admit(country, joining.request(said, code, node)))


def test_a_code_reads_back_whatever_hand_wrote_it() -> None:
    code = write_code(AUTHORITY, b"\xff" * 6)
    assert len(code) == 29
    assert set(code) <= {*ALPHABET, "-"}
    by_hand = code.lower().replace("-", " ").replace("0", "o").replace("1", "l").replace("v", "u")
    assert read_code(code) == read_code(by_hand) == read_code(code.replace("1", "I"))
    assert read_code(code)[1] == 2**45 - 1


@pytest.mark.parametrize("code", ["", "A" * 24, "A" * 26, "!" * 25, "é" * 25, "١" * 25])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BadInvitation):
        read_code(code)


def test_a_node_comes_in_with_a_centre_of_its_own(country: World) -> None:
    node = NodeKey(b"n" * 32)
    welcome = join(country, invite(country), node)
    assert (welcome.seat, welcome.name, welcome.server, welcome.authority) == ("centre", "ziwa", "office", country.authority.public)
    with country.central.begin() as connection:
        assert index.writers(connection, welcome.home) == {country.authority.public, country.central.key.public, node.public}
        assert ledger.nodes(connection)[node.public].home == welcome.home


def test_a_code_is_used_once_but_a_lost_answer_can_be_asked_for_again(country: World) -> None:
    code, node = invite(country), NodeKey(b"n" * 32)
    assert join(country, code, node) == join(country, code, node)
    with pytest.raises(BadInvitation):
        join(country, code, NodeKey(b"o" * 32))


def test_a_coordinator_s_laptop_is_granted_what_the_invitation_names(country: World, ziwa: Node) -> None:
    invitation = Invitation("region", "pwani", "", (("region/TZ-01", "writer"), (ziwa.home, "commenter")), "TZ-01")
    node = NodeKey(b"n" * 32)
    assert join(country, invite(country, invitation), node).regions == "TZ-01"
    with country.central.begin() as connection:
        assert index.read_by(connection, node.public) == {"region/TZ-01", ziwa.home}


def test_a_wrong_secret_a_wrong_server_and_a_forged_hello_are_refused(country: World) -> None:
    node = NodeKey(b"n" * 32)
    invite(country)
    said = joining.hello(country.authority, country.central.key.public)
    with pytest.raises(BadInvitation):
        admit(country, joining.request(said, write_code(country.authority.public, b"wrong!"), node))
    with pytest.raises(BadInvitation):
        joining.check_hello(said, read_code(write_code(AUTHORITY, b"secret"))[0])
    with pytest.raises(Forged):
        joining.check_hello(
            joining.Hello(said.authority, node.public, said.signature), read_code(write_code(country.authority.public, b"secret"))[0]
        )


def test_a_request_without_its_key_s_signature_is_refused(country: World) -> None:
    code = invite(country)
    said = joining.hello(country.authority, country.central.key.public)
    sealed = bytearray(joining.request(said, code, NodeKey(b"n" * 32)))
    sealed[-1] ^= 1
    with pytest.raises(SyncError):
        admit(country, bytes(sealed))


def test_a_refused_request_leaves_the_invitation_open(country: World) -> None:
    code = invite(country)
    before = country.central.database.copy()
    with pytest.raises(SyncError):
        admit(country, b"x" * 100)
    assert country.central.database.copy() == before
    assert join(country, code, NodeKey(b"n" * 32)).home


def test_founding_alone_makes_the_laptop_root(country: World) -> None:
    alone = country.stranger("alone", "")
    with alone.begin() as connection:
        home = decrees.found_alone(connection, alone.replica, nonce=b"12345678", at=1)
        assert index.roots(connection, home)[0][1] == alone.key.public
        assert index.writers(connection, home) == {alone.key.public}


# ---- by file


def admit_by_file(country: World, data: bytes) -> bytes:
    by = joining.Admitting(country.authority, "office", country.draw, lambda *_: None)
    with country.central.begin() as connection:
        _, answer = joining.admit_by_file(connection, country.central.replica, by, data, at=1)
    return answer


def test_a_file_lets_in_its_own_key_alone_however_often_it_is_read(country: World) -> None:
    code, laptop, other = invite(country), NodeKey(country.draw(32)), NodeKey(country.draw(32))
    named, _ = read_code(code)
    asked = joining.file_request(code, laptop, None, country.draw)
    first, again = (joining.read_file_answer(named, laptop, admit_by_file(country, asked)) for _ in range(2))
    assert first == again
    with pytest.raises(BadInvitation):
        admit_by_file(country, joining.file_request(code, other, None, country.draw))
    answer = admit_by_file(country, asked)
    with pytest.raises(Forged):
        joining.read_file_answer(named, other, answer)
    with pytest.raises(BadInvitation):
        joining.read_file_answer(bytes(10), laptop, answer)


def test_a_file_with_a_wrong_code_or_a_flipped_byte_is_refused(country: World) -> None:
    asked = joining.file_request(invite(country), laptop := NodeKey(country.draw(32)), None, country.draw)
    wrong = joining.file_request(joining.write_code(country.authority.public, b"no one"), laptop, None, country.draw)
    flipped = [asked[:k] + bytes([asked[k] ^ 1]) + asked[k + 1 :] for k in (1, 10, len(asked) - 1)]
    for data in (wrong, *flipped):
        with pytest.raises(SyncError):
            admit_by_file(country, data)
