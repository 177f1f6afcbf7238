"""TLS: under a pinned authority a certificate counts by whose it is and for which host, and not by its dates; else by all three."""

import datetime as dt
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import trustme
from werkzeug.serving import make_server

from tests.country import Country, Machine
from tests.make import Make
from tracker import replication
from tracker.nodes import actions
from tracker.policy import OPERATOR
from tracker.replication import SyncError
from tracker.replication.line import BadAuthority, Untrusted, WrongDate

YEARS = dt.timedelta(days=3650)
LONG_AGO = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def guarded(country: Country, authority: trustme.CA, host: str = "127.0.0.1", until: dt.datetime | None = None) -> Iterator[str]:
    """The central office behind TLS, with a certificate for `host`."""
    certificate = authority.issue_cert(host, not_before=LONG_AGO, not_after=until)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    server = make_server("127.0.0.1", 0, country.central.app, threaded=True, ssl_context=context)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pin(laptop: Machine, authority: trustme.CA | None, url: str) -> None:
    home = Path(laptop.app.extensions["settings"].home)
    if authority:
        authority.cert_pem.write_to_path(home / "authority.pem")
    with laptop.on():
        actions.keep_settings(server=url, server_ca="authority.pem" if authority else "")


def write(laptop: Machine) -> Make:
    with laptop.on() as make:
        make.apprentice("Asha Juma")
        return make


def waiting(laptop: Machine) -> int:
    with laptop.on():
        hub = replication.hub_key()
        assert hub
        return replication.unsent(hub).changes


@pytest.mark.parametrize("until", [None, LONG_AGO + dt.timedelta(days=1)], ids=["valid", "expired in 2019"])
def test_a_pinned_authority_is_enough_whatever_the_dates(until: dt.datetime | None, country: Country, authority: trustme.CA) -> None:
    with guarded(country, authority, until=until) as url:
        pin(country.first, authority, url)
        write(country.first)
        country.first.sync()
    assert waiting(country.first) == 0


@pytest.mark.parametrize("years", [-10, 0, 10])
def test_a_clock_that_is_years_off_does_not_stop_a_pinned_line(years: int, country: Country, authority: trustme.CA) -> None:
    country.first.clock.set_by_s = years * 365 * 86_400
    with guarded(country, authority, until=LONG_AGO + YEARS) as url:
        pin(country.first, authority, url)
        write(country.first)
        country.first.sync()
    assert waiting(country.first) == 0


def refused(laptop: Machine) -> type[SyncError]:
    write(laptop)
    before = waiting(laptop)
    with pytest.raises(SyncError) as refusal:
        laptop.sync()
    assert waiting(laptop) == before > 0
    assert refusal.value.retry
    return type(refusal.value)


def test_another_host_s_certificate_is_refused(country: Country, authority: trustme.CA) -> None:
    with guarded(country, authority, "daftari.example.tz") as url:
        pin(country.first, authority, url)
        assert refused(country.first) is Untrusted


def test_another_authority_is_refused(country: Country, authority: trustme.CA) -> None:
    with guarded(country, trustme.CA()) as url:
        pin(country.first, authority, url)
        assert refused(country.first) is Untrusted


def test_no_public_authority_counts_beside_the_pinned_one(authority: trustme.CA, country: Country) -> None:
    """`requests` would load its own list into any context that it is given."""
    with guarded(country, authority) as url:
        pin(country.first, authority, url)
        with country.first.on():
            context = replication.line.trusted(country.first.app.extensions["settings"])
            assert isinstance(context, ssl.SSLContext)
            write(country.first)
            country.first.sync()
            assert len(context.get_ca_certs()) == 1
            assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
            assert context.check_hostname


def test_an_expired_certificate_is_refused_where_nothing_is_pinned(
    country: Country, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "public.pem")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "public.pem"))
    with guarded(country, authority) as url:  # a public authority, as far as this laptop knows
        pin(country.first, None, url)
        write(country.first)
        country.first.sync()
    with guarded(country, authority, until=LONG_AGO + YEARS / 10) as url:
        pin(country.first, None, url)
        assert refused(country.first) is Untrusted
        country.first.clock.set_by_s = -10 * 365 * 86_400
        assert refused(country.first) is WrongDate


def test_a_pinned_file_that_is_no_certificate_is_named(country: Country) -> None:
    pin(country.first, None, "https://127.0.0.1:9")
    with country.first.on():
        for name, content in (("absent.pem", None), ("text.pem", "Karibu")):
            if content:
                Path(country.first.app.extensions["settings"].home, name).write_text(content, encoding="utf-8")
            actions.keep_settings(server_ca=name)
            with pytest.raises(BadAuthority, match=name):
                actions.sync_now(OPERATOR)
