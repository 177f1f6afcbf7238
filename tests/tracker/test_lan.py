"""The phones' door with its real server over TLS on this machine: whom phones may trust, and what each line gets."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, UTC
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest
from flask import Flask

from tests.conftest import MORNING, TOKEN
from tests.make import Make
from tests.tracker.commands import Terminal, terminal
from tests.tracker.phones.conftest import code_for, credential_of, PIN
from tracker import addresses, certificates, config
from tracker.app import create_app
from tracker.db import db
from tracker.lan import Lan, LanPortInUse, NoHttps
from tracker.serve import listen

pytest.importorskip("cryptography", reason="the extra [https] is not on this machine")

__all__ = ["terminal"]

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def trusting(home: Path) -> ssl.SSLContext:
    """A phone that trusts the centre's authority, and no other."""
    der = certificates.authority(home)
    assert der
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=der)
    return context


# ---- certificates


@contextmanager
def showing(leaf: Path) -> Iterator[int]:
    """A server that shows this certificate; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    thread = Thread(target=answer)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def greet(context: ssl.SSLContext, port: int, host: str) -> str:
    """`trusted`, or why not, of a phone that believes it speaks with `host`."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as line, context.wrap_socket(line, server_hostname=host):
            return "trusted"
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


def test_a_phone_trusts_every_address_of_the_laptop_once_it_trusts_the_authority(home: Path) -> None:
    leaf = certificates.leaf(home, ["192.168.1.5", "10.0.0.7", "daftari.local"], "Chuo", datetime.now(UTC))
    with showing(leaf) as port:
        for host in ("192.168.1.5", "10.0.0.7", "daftari.local", "localhost", "127.0.0.1"):
            assert greet(trusting(home), port, host) == "trusted"
        assert "IP address mismatch" in greet(trusting(home), port, "192.168.1.6")
        assert "local issuer" in greet(ssl.create_default_context(), port, "192.168.1.5")


@pytest.mark.parametrize("host", ["8.8.8.8", "example.com", "172.32.0.1", "192.169.0.1", "fe80::1", "localhost.example.com"])
def test_not_even_the_authority_s_own_key_vouches_for_anybody_outside(host: str, home: Path) -> None:
    """What a thief of the data folder could sign: a phone refuses it by the authority's name constraints."""
    certificates.leaf(home, [], "Chuo", datetime.now(UTC))
    pem = (home / certificates.FOLDER / certificates.AUTHORITY_FILE).read_bytes()
    forged = home / "forged.pem"
    forged.write_bytes(certificates._new_leaf(pem, [host], datetime.now(UTC)))
    with showing(forged) as port:
        assert greet(trusting(home), port, host) == "permitted subtree violation"


def test_the_authority_makes_no_further_authorities(home: Path) -> None:
    from cryptography import x509

    certificates.leaf(home, [], "Chuo cha Meru", datetime.now(UTC))
    found = x509.load_der_x509_certificate(certificates.authority(home) or b"")
    basic = found.extensions.get_extension_for_class(x509.BasicConstraints)
    names = found.extensions.get_extension_for_class(x509.NameConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length, names.critical) == (True, True, 0, True)
    assert found.subject.rfc4514_string() == "CN=Daftari Chuo cha Meru"


def test_a_long_name_of_a_centre_fits(home: Path) -> None:
    certificates.leaf(home, [], "Chuo " * 30, datetime.now(UTC))
    assert certificates.authority(home)


@pytest.mark.parametrize("years", [-6, -1, 0, 20])
def test_a_leaf_counts_a_year_to_either_side_and_never_longer_than_phones_allow(years: int, home: Path) -> None:
    from cryptography import x509

    now = datetime.now(UTC) + timedelta(days=365 * years)
    leaf = certificates.leaf(home, [], "Chuo", now)
    found = x509.load_pem_x509_certificate(leaf.read_bytes())
    year = timedelta(days=366)
    assert found.not_valid_before_utc < now - year
    assert found.not_valid_after_utc > now + year
    assert found.not_valid_after_utc - found.not_valid_before_utc <= timedelta(days=825)


@pytest.mark.parametrize(
    ("hosts", "days", "is_new"),
    [
        (["192.168.1.5"], 0, False),
        (["192.168.1.5"], 299, False),
        (["192.168.1.5"], 301, True),
        (["192.168.1.5"], -301, True),
        (["192.168.1.6"], 0, True),
        (["192.168.1.5", "10.0.0.1"], 0, True),
        (["192.168.1.5", "8.8.8.8", "example.com"], 0, False),
    ],
)
def test_a_leaf_is_made_anew_for_other_addresses_and_near_its_end(hosts: list[str], days: int, is_new: bool, home: Path) -> None:
    before = certificates.leaf(home, ["192.168.1.5"], "Chuo", MORNING).read_bytes()
    authority = certificates.authority(home)
    after = certificates.leaf(home, hosts, "Chuo", MORNING + timedelta(days=days)).read_bytes()
    assert (after != before, certificates.authority(home)) == (is_new, authority)


@pytest.mark.parametrize("content", ["", "{}\n", "[1]\n", '{"hosts": 1, "made": "x"}\n'])
def test_a_leaf_s_file_that_was_damaged_is_made_anew(content: str, home: Path) -> None:
    leaf = certificates.leaf(home, [], "Chuo", MORNING)
    leaf.write_text(content)
    assert b"PRIVATE KEY" in certificates.leaf(home, [], "Chuo", MORNING).read_bytes()


@pytest.mark.parametrize("content", ["", "Karibu", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_authority_is_said_and_not_replaced(content: str, home: Path) -> None:
    certificates.leaf(home, [], "Chuo", MORNING)
    file = home / certificates.FOLDER / certificates.AUTHORITY_FILE
    file.write_text(content)
    with pytest.raises(certificates.BrokenAuthority, match=r"authority\.pem"):
        certificates.leaf(home, ["192.168.1.5"], "Chuo", MORNING)
    assert file.read_text() == content


def test_a_leaf_of_an_authority_that_is_gone_is_made_anew(home: Path) -> None:
    leaf = certificates.leaf(home, [], "Chuo", datetime.now(UTC))
    (home / certificates.FOLDER / certificates.AUTHORITY_FILE).unlink()
    leaf = certificates.leaf(home, [], "Chuo", datetime.now(UTC))
    with showing(leaf) as port:
        assert greet(trusting(home), port, "localhost") == "trusted"


@pytest.mark.skipif(sys.platform == "win32", reason="there the folder's rights keep others out")
def test_only_the_owner_reads_the_keys(home: Path) -> None:
    certificates.leaf(home, [], "Chuo", MORNING)
    assert {path.stat().st_mode & 0o777 for path in (home / certificates.FOLDER).iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("found", "ordered"),
    [
        (["192.168.1.5", "192.168.137.1", "192.168.1.5"], ["192.168.137.1", "192.168.1.5"]),
        (["169.254.9.9", "10.1.1.1", "127.0.1.1", "41.59.1.2"], ["10.1.1.1", "169.254.9.9"]),
        ([], []),
    ],
)
def test_the_likeliest_address_for_phones_stands_first(found: list[str], ordered: list[str]) -> None:
    assert addresses.ordered(found) == ordered


def test_asking_for_addresses_never_fails() -> None:
    assert all(certificates.is_private(each) for each in addresses.lan_addresses())


# ---- the door


@dataclass
class Door:
    """A laptop that serves phones; `found` are the addresses it finds."""

    app: Flask
    lan: Lan
    found: list[str]

    @property
    def home(self) -> Path:
        folder = self.app.extensions["settings"].home
        assert isinstance(folder, Path)
        return folder

    def https(self, context: ssl.SSLContext | None = None, timeout: float = 10) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.lan.port, context=context or trusting(self.home), timeout=timeout)

    def http(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.lan.port, timeout=10)


@contextmanager
def opened(app: Flask, **settings: object) -> Iterator[Door]:
    own = replace(app.extensions["settings"], port=0, lan_port=0, **settings)
    app.extensions["settings"] = own
    server, found = listen(app, own), ["192.168.1.5"]
    try:
        lan = Lan(app, server, own, lambda: found)
        server.expiration_interval = lan._server.expiration_interval = 0.02  # how soon they see that they were stopped
        thread = Thread(target=server.serve)
        thread.start()
        lan.start()
        yield Door(app, lan, found)
        lan.stop()
    finally:
        server.stop()
    thread.join()


@pytest.fixture
def door(app: Flask) -> Iterator[Door]:
    with opened(app) as made:
        yield made


def ask(line: http.client.HTTPConnection, path: str = "/accounts/sign-in", **headers: str) -> tuple[int, str]:
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    return answer.status, answer.read().decode()


def test_a_phone_that_trusts_the_authority_gets_the_page(door: Door) -> None:
    status, page = ask(door.https())
    assert (status, "Username" in page) == (200, True)


def test_a_phone_that_does_not_is_told_so_and_hurts_nobody(door: Door) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(door.https(ssl.create_default_context()))
    assert ask(door.https())[0] == 200


def test_only_tls_1_2_and_later_is_spoken(door: Door) -> None:
    assert ask(door.https())[0] == 200
    old = trusting(door.home)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError):  # noqa: PT011 - which one, the platform's OpenSSL decides
        ask(door.https(old))


def test_several_requests_share_a_connection(door: Door) -> None:
    line = door.https()
    line.connect()
    before = line.sock
    assert [ask(line)[0] for _ in range(3)] == [200] * 3
    assert line.sock is before


def test_a_whole_enrolment_over_tls(door: Door, make: Make) -> None:
    code = code_for(make)
    line = door.https()
    cookies: dict[str, str] = {}

    def send(method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://127.0.0.1:{door.lan.port}"}
        line.request(method, path, body, headers)
        answer = line.getresponse()
        for each in answer.headers.get_all("Set-Cookie") or ():
            assert "Secure" in each
            name, _, value = each.partition(";")[0].partition("=")
            cookies[name] = value
        return answer.status, answer.read().decode()

    token = TOKEN.search(send("GET", f"/phones/e/{code}")[1])
    assert token
    assert send("POST", f"/phones/e/{code}", f"csrf_token={token[1]}&pin={PIN}&again={PIN}")[0] == 302
    assert "Baraka Mollel" in send("GET", "/accounts/me")[1]
    assert set(cookies) == {"__Host-f", "__Host-s", "__Host-d"}
    del cookies["__Host-s"]
    token = TOKEN.search(send("GET", "/phones/pin")[1])
    assert token
    assert send("POST", "/phones/pin", f"csrf_token={token[1]}&person={credential_of('baraka').id}&pin={PIN}")[0] == 302


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Host", "evil.example", 400),
        ("Host", "127.0.0.1.evil.example", 400),
        ("Host", "192.168.1.99", 400),
        ("Host", "127.0.0.1:1", 200),
    ],
)
def test_it_answers_only_to_the_address_it_was_asked_at(header: str, value: str, status: int, door: Door) -> None:
    assert ask(door.https(), **{header: value})[0] == status


def test_another_site_s_page_writes_nothing(door: Door) -> None:
    line = door.https()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        line.request("POST", "/accounts/sign-out", "", headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status == 403


def test_the_authority_is_there_for_everybody(door: Door) -> None:
    line = door.https()
    line.request("GET", "/phones/authority")
    answer = line.getresponse()
    assert answer.read() == certificates.authority(door.home)
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"


def test_a_phone_that_falls_silent_keeps_nobody_waiting(door: Door) -> None:
    silent = [socket.create_connection(("127.0.0.1", door.lan.port)) for _ in range(30)]  # three times as many as there are workers
    begun = time.monotonic()
    assert ask(door.https(timeout=5))[0] == 200
    assert time.monotonic() - begun < 5
    for each in silent:
        each.close()


def test_a_phone_that_breaks_off_its_greeting_hurts_nobody(door: Door) -> None:
    for garbage in (b"\x16", b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x03\xff\xff" + b"\0" * 400):
        with socket.create_connection(("127.0.0.1", door.lan.port)) as line:
            line.sendall(garbage)
    assert [ask(door.https())[0] for _ in range(12)] == [200] * 12  # each of the ten workers still works


def test_new_addresses_get_a_new_certificate_without_a_restart(door: Door) -> None:
    line = door.https()
    assert ask(line)[0] == 200
    door.found[:] = ["10.9.8.7"]
    door.lan.look()
    assert door.lan.reach.urls == (f"https://10.9.8.7:{door.lan.port}/",)
    assert greet(trusting(door.home), door.lan.port, "10.9.8.7") == "trusted"
    assert ask(line)[0] == 200  # who is connected stays so


def test_plain_http_at_the_same_port_is_told_from_tls(door: Door) -> None:
    """From this very machine it is no clear line, so the page comes; from afar tests/tracker/phones says what does."""
    status, page = ask(door.http())
    assert (status, "Username" in page) == (200, True)


def test_no_request_calls_itself_https(door: Door) -> None:
    """A request line may name a scheme; only the line itself decides."""
    with socket.create_connection(("127.0.0.1", door.lan.port)) as line:
        line.sendall(b"GET https://127.0.0.1/accounts/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_no_phone_speaks_as_a_proxy(app: Flask) -> None:
    """Although a proxy stands before the other door: with its words a phone would pass for this computer, or for HTTPS."""
    behind = create_app(config.load(app.extensions["settings"].home, environ={}, secret_key="not secret", proxies=1))
    with opened(behind) as made:
        status, _page = ask(made.http(), **{"X-Forwarded-For": "192.168.1.77"})
        assert status == 200
        status, _page = ask(made.http(), **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"})
        assert status == 200
    with behind.app_context():
        db.session.remove()
        db.engine.dispose()


# ---- with and without the extra, and the command


@pytest.fixture
def without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    absent: dict[str, ModuleType | None] = dict.fromkeys([name for name in sys.modules if name.split(".")[0] == "cryptography"])
    for name in ("cryptography", *absent):
        monkeypatch.setitem(sys.modules, name, None)  # what Python itself does for an import that must fail


@pytest.mark.usefixtures("without_cryptography")
def test_without_the_extra_both_ways_out_are_named(app: Flask) -> None:
    with pytest.raises(NoHttps) as refusal, opened(app):
        pass
    assert "pip install 'daftari[https]'" in str(refusal.value)
    assert "lan_http = true" in str(refusal.value)


@pytest.mark.usefixtures("without_cryptography")
def test_without_the_extra_lan_http_serves_phones(app: Flask) -> None:
    with opened(app, lan_http=True) as door:
        assert door.lan.reach.urls == (f"http://192.168.1.5:{door.lan.port}/",)
        assert ask(door.http())[0] == 200


def test_with_lan_http_the_code_on_the_screen_says_http_and_https_works_besides(app: Flask) -> None:
    with opened(app, lan_http=True) as door:
        assert (door.lan.reach.urls, door.lan.reach.is_secure) == ((f"http://192.168.1.5:{door.lan.port}/",), False)
        assert ask(door.https())[0] == 200


def test_a_port_that_is_taken_is_said(app: Flask) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104 - as the door itself
        port = other.getsockname()[1]
        own = config.load(app.extensions["settings"].home, environ={}, port=0, lan_port=port)
        server = listen(app, own)
        try:
            with pytest.raises(LanPortInUse, match="lan_port = 8444"):
                Lan(app, server, own, list)
        finally:
            server.stop()


def test_the_command_says_where_phones_go(terminal: Terminal) -> None:
    terminal.centre()
    command = [sys.executable, "-m", "tracker", "serve", "--home", str(terminal.home), "--port", "0", "--lan", "--json"]
    environment = {**os.environ, "DAFTARI_LAN_PORT": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        process.terminate()
    assert told["url"].startswith("http://127.0.0.1:")
    assert isinstance(told["lan"], list)
    assert certificates.authority(terminal.home)
