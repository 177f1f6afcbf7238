"""Whatever answers in the server's place, and whatever happens to the answer: what a laptop believes is what the server holds."""

import random
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from sync import http, joining, writing
from sync.errors import NotDaftari, SyncError, TooLarge, Unreachable
from sync.http import Line, Report
from sync.joining import Invitation
from sync.keys import NodeKey
from tests.line.ground import false_claims, Ground, held, missing, NOW, unsent
from tests.line.proxy import always, cap_down, cap_up, clean, Fault, HONEST, LIARS, mixture, only, Proxy, read_message, somebody_elses
from tests.sync.world import Node

ONE_SEGMENT = 1  # bytes: a message holds one segment, so that an exchange takes several


def write(node: Node, count: int = 3) -> None:
    """Each in a segment of its own."""
    for k in range(count):
        node.new(node.home, "person", given=f"Asha {k}", family="Mwinyi")
        with node.begin() as connection:
            writing.seal(connection, node.replica, NOW)


def believes_the_truth(node: Node, ground: Ground) -> bool:
    """Never more than the server's store holds; less only where the answer was lost."""
    central = ground.world.central
    return not false_claims(node, central) and unsent(node, central) >= missing(node, central)


def is_even(node: Node, ground: Ground) -> bool:
    central = ground.world.central
    return held(node)[node.home] == held(central)[node.home] and unsent(node, central) == missing(node, central) == 0


@pytest.mark.parametrize("number", [0, 1, 2], ids="request {}".format)
@pytest.mark.parametrize("name", LIARS)
def test_a_liar_is_never_believed(name: str, number: int, ground: Ground, proxy: Proxy, ziwa: Node) -> None:
    """Also in the middle and at the end of an exchange of three messages."""
    write(ziwa)
    proxy.plan = only(number, LIARS[name])
    with pytest.raises((Unreachable, NotDaftari)):
        ground.sync(ziwa, proxy.url, ONE_SEGMENT)
    assert believes_the_truth(ziwa, ground)
    proxy.plan = always(clean)
    ground.sync(ziwa, proxy.url, ONE_SEGMENT)
    assert is_even(ziwa, ground)


@pytest.mark.parametrize("name", LIARS)
def test_a_liar_that_stays_is_asked_again_and_never_believed(name: str, ground: Ground, proxy: Proxy, ziwa: Node) -> None:
    ground.sync(ziwa, proxy.url)
    write(ziwa)
    proxy.plan = always(LIARS[name])
    for _ in range(3):
        with pytest.raises((Unreachable, NotDaftari)):
            ground.sync(ziwa, proxy.url)
        assert unsent(ziwa, ground.world.central) == 3
        assert believes_the_truth(ziwa, ground)


@pytest.mark.parametrize("name", HONEST)
def test_an_odd_proxy_does_no_harm(name: str, ground: Ground, proxy: Proxy, ziwa: Node) -> None:
    write(ziwa)
    proxy.plan = always(HONEST[name])
    ground.sync(ziwa, proxy.url)
    assert is_even(ziwa, ground)


def test_somebody_elses_valid_reply_is_not_believed(ground: Ground, proxy: Proxy, ziwa: Node, mlima: Node) -> None:
    write(mlima)
    ground.sync(mlima, proxy.url)
    write(ziwa)
    proxy.plan = always(somebody_elses(proxy.replies[-1]))
    with pytest.raises(NotDaftari):
        ground.sync(ziwa, proxy.url)
    assert believes_the_truth(ziwa, ground)


@pytest.mark.parametrize("fault", [cap_up(200), cap_down(60)], ids=["up", "down"])
def test_a_cap_on_bodies_is_no_acknowledgement(fault: Fault, ground: Ground, proxy: Proxy, ziwa: Node) -> None:
    write(ziwa, 40)
    proxy.plan = always(fault)
    with pytest.raises((NotDaftari, TooLarge)):
        ground.sync(ziwa, proxy.url)
    assert believes_the_truth(ziwa, ground)


@pytest.mark.parametrize("seed", range(6))
def test_a_line_with_many_faults_brings_everything_over_in_the_end(
    seed: int, ground: Ground, proxy: Proxy, ziwa: Node, mlima: Node
) -> None:
    rng = random.Random(seed)
    proxy.plan = mixture(seed)
    for _ in range(12):
        node = rng.choice((ziwa, mlima))
        write(node, rng.randrange(3))
        with suppress(Unreachable, NotDaftari):
            ground.sync(node, proxy.url, ONE_SEGMENT)
        assert believes_the_truth(node, ground)
    proxy.plan = always(clean)
    for node in (ziwa, mlima):
        ground.sync(node, proxy.url, ONE_SEGMENT)
        assert is_even(node, ground)


@pytest.mark.parametrize("seed", range(3))
def test_every_body_posted_again_and_again_has_one_effect(seed: int, ground: Ground, proxy: Proxy, ziwa: Node, mlima: Node) -> None:
    """F-26: one to five times, at once, in any order, also after the server was started anew."""
    rng = random.Random(seed)
    for node in (ziwa, mlima, ziwa):
        write(node)
        ground.sync(node, proxy.url, ONE_SEGMENT)
    central, posted = ground.world.central, list(proxy.requests)
    before = {home: central.dump(home) for home in (ziwa.home, mlima.home, "nation")}, held(central)
    again = [body for body in posted for _ in range(rng.randint(1, 5))]
    rng.shuffle(again)
    half = len(again) // 2
    for some in (again[:half], again[half:]):
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda body: _post(proxy, body), some))
        assert all(reply.startswith(b"HTTP/1.1 200 OK") for reply in replies)
        central.restart()
    assert ({home: central.dump(home) for home in before[0]}, held(central)) == before
    assert not central.conflicts()
    for node in (ziwa, mlima):
        ground.sync(node, proxy.url)
        assert is_even(node, ground)


def _post(proxy: Proxy, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port or 0)) as line:
        line.sendall(request)
        return read_message(line)


def test_joining_is_not_believed_from_a_liar(ground: Ground, proxy: Proxy) -> None:
    with ground.world.central.begin() as connection:
        code = joining.invite(connection, ground.world.authority.public, Invitation("centre", "mbali", "", ()), b"secret")
    for name, liar in LIARS.items():
        for number in (0, 1):
            proxy.reset(only(number, liar))
            with pytest.raises(SyncError):
                http.join(Line(proxy.url, Report()), code, NodeKey(b"n" * 32))
            assert proxy.asked, name
    proxy.reset(always(clean))
    assert http.join(Line(proxy.url, Report()), code, NodeKey(b"n" * 32)).name == "mbali"
