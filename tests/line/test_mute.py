"""A server that takes the connection and says nothing: a person at the command line is told what is waited for, and then an end."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from sync import http
from sync.errors import Unreachable
from sync.http import Line, Report
from tests.tracker.commands import Terminal, terminal
from tracker.cli import machine

__all__ = ["terminal"]


@contextmanager
def listening(rate: int = 0) -> Iterator[str]:
    """A server that takes connections, reads `rate` bytes a second (0 = nothing) and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def read(client: socket.socket) -> None:
        with suppress(OSError):
            while client.recv(max(1, rate // 20)):
                time.sleep(0.05)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            held.append(client)
            if rate:
                threading.Thread(target=read, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for client in held:
            client.close()


def test_the_command_line_says_what_it_waits_for(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FIRST_TOLD_AFTER_S", 0.1)
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.5)
    with listening() as url:
        told = terminal("join", url, "1234-5678-1234-5678")
        assert told.code == 1
        assert told.err.splitlines()[0] == f"Waiting for an answer from {url}. Ctrl+C stops; nothing is lost."
        assert "cannot be reached" in told.err.splitlines()[-1]


def test_a_program_is_told_nothing_before_the_end(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FIRST_TOLD_AFTER_S", 0.1)
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.5)
    with listening() as url:
        told = terminal("join", url, "1234-5678-1234-5678", "--json")
    assert told.json["error"]["code"] == "sync.unreachable"
    assert told.err == ""


def test_a_mute_server_is_given_up_within_a_minute() -> None:
    assert http.READ_TIMEOUT_S <= 60


def test_sending_may_take_as_long_as_a_slow_line_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time to connect is no limit for sending: 60 KB at 20 kbit/s take 24 seconds where the system buffers little."""
    monkeypatch.setattr(http, "CONNECT_TIMEOUT_S", 0.5)
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.5)
    began = time.monotonic()
    with listening(rate=4_000_000) as url, pytest.raises(Unreachable):
        Line(url, Report()).post(bytes(10_000_000))
    assert time.monotonic() - began > 2
