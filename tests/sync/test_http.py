"""The conversation over a real socket: only the right server's answer to this very request is an acknowledgement."""

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cheroot.wsgi import Server

from sync import bundle, http, joining, keys, ledger, messages
from sync.errors import BadInvitation, Forged, NotDaftari, Stranger, SyncError, TooLarge, Unreachable, Unreadable
from sync.http import CONTENT_TYPE, Hub, Line, Report
from sync.joining import Invitation
from sync.keys import NodeKey
from sync.segments import Segment
from tests.sync import forge
from tests.sync.world import Node, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Answer = Callable[[bytes], tuple[str, list[tuple[str, str]], bytes]]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server on the loopback that answers each posted body so."""

    def app(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        status, headers, body = answer(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start(status, headers)
        return [body]

    server = Server(("127.0.0.1", 0), app, numthreads=1, timeout=1)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()


def ours(body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    return "200 OK", [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(body)))], body


def hub_of(country: World, heard: Callable[[bytes], None] = lambda _: None) -> Hub:
    central = country.central
    return Hub(central.begin, lambda: central.replica, country.authority, "office", country.draw, lambda *_: None, heard)


def exchange(node: Node, hub: bytes, url: str) -> Report:
    report = Report()
    http.sync(node.begin, node.replica, hub, Line(url, report), report, now=7, draw=node.draw)
    return report


def test_an_exchange_over_the_wire(country: World, ziwa: Node) -> None:
    person = ziwa.new(ziwa.home, "person", given="Asha")
    heard: list[bytes] = []
    with serving(lambda body: ours(http.answer(hub_of(country, heard.append), body, 7))) as url:
        report = exchange(ziwa, country.central.key.public, url)
    assert (report.messages, report.changes_sent, report.changes_received) == (1, 1, 0)
    assert heard == [ziwa.key.public]
    assert country.central.state(ziwa.home, "person", (person,))


def test_a_relay_forgets_only_the_mail_that_it_hands_over(country: World, ziwa: Node, mlima: Node) -> None:
    central = country.central.key.public
    letters = [bundle.Envelope(central, ziwa.key.public, country.draw(400_000)) for _ in range(5)]
    with mlima.begin() as connection:
        for letter in letters:
            bundle.keep_mail(connection, letter)
    relay = replace(hub_of(country), begin=mlima.begin, replica=lambda: mlima.replica, authority=None)
    asking = bundle.Envelope(ziwa.key.public, central, b"any")
    got = [bundle.read(http.answer(relay, asking.data, 7))[0] for _ in letters]
    assert [each for some in got for each in some] == letters


def test_joining_over_the_wire(country: World) -> None:
    with country.central.begin() as connection:
        code = joining.invite(connection, country.authority.public, Invitation("centre", "mbali", "", ()), b"secret")
    with serving(lambda body: ours(http.answer(hub_of(country), body, 7))) as url:
        assert http.join(Line(url, Report()), code, NodeKey(b"n" * 32)).name == "mbali"
        for wrong in (joining.write_code(country.authority.public, b"wrong!"), joining.write_code(bytes(32), b"secret"), "not a code"):
            with pytest.raises(BadInvitation):
                http.join(Line(url, Report()), wrong, NodeKey(b"o" * 32))


HTML = b"<html>Sign in to the hotel's network</html>"
PORTALS: dict[str, Answer] = {
    "a splash page": lambda _: ("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(HTML)))], HTML),
    "HTML of our type": lambda _: ours(HTML),
    "a redirect": lambda _: ("302 Found", [("Location", "http://127.0.0.1:9/"), ("Content-Length", "0")], b""),
    "511": lambda _: ("511 Network Authentication Required", [("Content-Length", "0")], b""),
    "411 for a proxy's reasons": lambda _: ("411 Length Required", [("Content-Length", "0")], b""),
    "500": lambda _: ("500 Oops", [("Content-Type", CONTENT_TYPE), ("Content-Length", "2")], b"\xdaM"),
    "nothing": lambda _: ours(b""),
    "garbage behind our magic": lambda _: ours(b"\xdaM" + b"x" * 500),
    "an echo": ours,
    "another kind of envelope": lambda _: ours(b"\xdaH{}"),
}


@pytest.mark.parametrize("answer", PORTALS.values(), ids=PORTALS.keys())
def test_something_else_that_answers_is_no_acknowledgement(answer: Answer, country: World, ziwa: Node) -> None:
    ziwa.new(ziwa.home, "person", given="Asha")
    with serving(answer) as url:
        with pytest.raises(NotDaftari):
            exchange(ziwa, country.central.key.public, url)
        with pytest.raises(NotDaftari):
            http.join(Line(url, Report()), joining.write_code(bytes(32), b"secret"), ziwa.key)
    with ziwa.begin() as connection:
        assert ledger.unsent(connection, country.central.key.public).changes == 1


def test_a_replayed_reply_is_no_acknowledgement(country: World, ziwa: Node) -> None:
    kept: list[bytes] = []

    def replay(body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        kept.append(http.answer(hub_of(country), body, 7))
        return ours(kept[0])

    with serving(replay) as url:
        exchange(ziwa, country.central.key.public, url)
        with pytest.raises(NotDaftari):
            exchange(ziwa, country.central.key.public, url)


def test_somebody_else_s_reply_is_no_acknowledgement(country: World, ziwa: Node, mlima: Node) -> None:
    def crossed(body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        reply = http.answer(hub_of(country), body, 7)
        plain = ziwa.key.open(country.central.key.public, reply[2:])
        return ours(b"\xdaM" + country.central.key.seal(mlima.key.public, plain, bytes(24)))

    with serving(crossed) as url, pytest.raises(NotDaftari):
        exchange(ziwa, country.central.key.public, url)


def test_another_server_s_answer_is_no_acknowledgement(country: World, ziwa: Node) -> None:
    def impostor(body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        plain = messages.pack(messages.Message(hashlib.sha256(body).digest()[:8], bytes(16)), ziwa.key.public)
        return ours(b"\xdaM" + NodeKey(bytes(32)).seal(ziwa.key.public, plain, bytes(24)))

    with serving(impostor) as url, pytest.raises(NotDaftari):
        exchange(ziwa, country.central.key.public, url)


@pytest.mark.parametrize("part", [0, 1, 30, 100])
def test_a_reply_that_breaks_off_leaves_everything_to_be_done(part: int, country: World, ziwa: Node) -> None:
    def cut(body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        status, headers, reply = ours(http.answer(hub_of(country), body, 7))
        return status, headers, reply[:part]

    ziwa.new(ziwa.home, "person", given="Asha")
    with serving(cut) as url, pytest.raises(Unreachable):
        exchange(ziwa, country.central.key.public, url)


def test_nobody_there(country: World, ziwa: Node) -> None:
    for url in ("http://127.0.0.1:9", "http://no such host", "nonsense", "http://"):
        with pytest.raises(Unreachable):
            exchange(ziwa, country.central.key.public, url)


def test_an_answer_without_end_is_cut_off(country: World, ziwa: Node) -> None:
    with serving(lambda _: ours(b"\xda" + bytes(http.ENVELOPE_MAX + 10))) as url, pytest.raises(TooLarge):
        exchange(ziwa, country.central.key.public, url)


@pytest.mark.parametrize("error", [Stranger, BadInvitation, Forged, Unreadable, TooLarge])
def test_a_refusal_is_raised_as_what_it_is(error: type[SyncError], country: World, ziwa: Node) -> None:
    with serving(lambda _: ours(http.refusal(error))) as url, pytest.raises(error):
        exchange(ziwa, country.central.key.public, url)


def test_a_stranger_is_refused_and_a_refusal_changes_nothing(country: World, ziwa: Node) -> None:
    before = country.central.database.copy()
    stranger = NodeKey(b"s" * 32)
    sealed = stranger.seal(country.central.key.public, b"x", bytes(24))
    for envelope in (
        b"",
        b"\xda",
        b"\xdaX",
        b"\xdaM",
        b"\xdaJ",
        b"\xdaJ" + b"x" * 100,
        b"\xdaM" + keys.short(ziwa.key.public),
        b"\xdaM" + keys.short(ziwa.key.public) + b"x" * 10,
        b"\xdaM" + keys.short(ziwa.key.public) + sealed,
        b"\xdaM" + keys.short(stranger.public) + sealed,
        b"\xda" * (http.ENVELOPE_MAX + 1),
    ):
        assert http.answer(hub_of(country), envelope, 7)[:2] == b"\xdaE"
    assert country.central.database.copy() == before


def test_a_bad_segment_in_a_good_envelope_is_refused_with_everything_beside_it(country: World, ziwa: Node) -> None:
    good = forge.segment(ziwa.key, country.central, ziwa.home, [])
    bad = Segment(replace(good.header, at=1), good.signature, good.body)
    plain = messages.pack(messages.Message(b"", bytes(16), segments=[good, bad]), ziwa.key.public)
    before = country.central.database.copy()
    envelope = b"\xdaM" + keys.short(ziwa.key.public) + ziwa.key.seal(country.central.key.public, plain, bytes(24))
    assert http.answer(hub_of(country), envelope, 7) == http.refusal(Forged)
    assert country.central.database.copy() == before


def test_a_server_takes_all_its_locks_at_once(country: World, ziwa: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else two messages, each holding a partition that the other needs, wait in a circle on PostgreSQL."""
    asked: list[set[str]] = []
    monkeypatch.setattr(ledger, "lock", lambda _connection, *names: asked.append(set(names)))
    exchange_with = hub_of(country)
    with serving(lambda body: ours(http.answer(exchange_with, body, 7))) as url:
        exchange(ziwa, country.central.key.public, url)
        ziwa.new(ziwa.home, "person", given="Asha")
        country.central.new("nation", "news", text="Karibu")
        asked.clear()
        exchange(ziwa, country.central.key.public, url)
    answered = asked[next(k for k, names in enumerate(asked) if ziwa.key.public.hex() in names) :]
    assert answered[0] == {ziwa.key.public.hex(), ziwa.home, "nation"}
    assert all(names <= answered[0] for names in answered)


def test_what_was_not_answered_does_not_count_as_sent(country: World, ziwa: Node) -> None:
    hub = hub_of(country)
    with serving(lambda body: ours(http.answer(hub, body, 7))) as url:
        exchange(ziwa, country.central.key.public, url)
        ziwa.new(ziwa.home, "person", given="Asha")
        report = Report()
        with serving(lambda _: ("502 Bad Gateway", [("Content-Length", "0")], b"")) as portal, pytest.raises(NotDaftari):
            http.sync(ziwa.begin, ziwa.replica, country.central.key.public, Line(portal, report), report, now=7, draw=ziwa.draw)
        assert report.changes_sent == 0
        assert exchange(ziwa, country.central.key.public, url).changes_sent == 1


@pytest.mark.parametrize(("seconds", "is_given_up"), [(100, False), (1_000, True)])
def test_an_answer_that_drips_is_given_up_and_a_slow_one_is_not(seconds: int, is_given_up: bool) -> None:
    clock = itertools.count(0, seconds)  # so much passes before each piece of 16 KiB
    with serving(lambda _: ours(b"\xdaB" + bytes(100_000))) as url:
        line = Line(url, Report(), steady=lambda: float(next(clock)))
        with pytest.raises(Unreachable) if is_given_up else nullcontext():
            assert len(line.post(b"\xdaH")) == 100_002
