"""The address where nodes speak: what it answers, to whom, and how few bytes around it."""

from io import BytesIO

import pytest
from flask import Flask

from tests.conftest import Browser
from tracker import config
from tracker.web import access_of

KIND = "application/x-daftari"


def test_the_answer_carries_type_and_length_only(client: Browser) -> None:
    client.set_cookie("s", "whatever")
    answer = client.post("/sync", data=b"\xdaH", content_type=KIND)
    assert sorted(name for name, _ in answer.headers) == ["Content-Length", "Content-Type"]
    assert answer.headers["Content-Type"] == KIND


@pytest.mark.parametrize("envelope", [b"", b"\xda", b"\xdaX", b"GET me the marks", b"\xdaM" + b"\0" * 60, b"\xdaB", b"\xdaJ{}", b"\xdaE"])
def test_garbage_is_refused_with_an_envelope(client: Browser, envelope: bytes) -> None:
    answer = client.post("/sync", data=envelope, content_type=KIND)
    assert answer.status_code == 200
    assert answer.data[:2] == b"\xdaE"


def test_an_envelope_must_say_how_long_it_is(client: Browser) -> None:
    answer = client.post("/sync", input_stream=BytesIO(b"\xdaH"), headers={"Transfer-Encoding": "chunked"})
    assert answer.data == b"\xdaEsync.unreadable"


def test_an_envelope_that_breaks_off_is_no_fault_of_ours(client: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Each cut line would leave a traceback in the log of the central office."""
    answer = client.post("/sync", input_stream=BytesIO(b"\xdaM"), environ_overrides={"CONTENT_LENGTH": "500"})
    assert answer.data == b"\xdaEsync.unreadable"
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_an_envelope_above_the_cap_is_refused_unread(app: Flask, client: Browser) -> None:
    settings = app.extensions["settings"]
    app.extensions["settings"] = config.load(settings.home, environ={}, sync_max_bytes=2048)
    assert client.post("/sync", data=b"\xdaM" + b"\0" * 4096, content_type=KIND).data == b"\xdaEsync.too_large"


def test_a_fault_of_ours_is_no_acknowledgement_and_no_500(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr("tracker.nodes.actions.answer", fail)
    answer = client.post("/sync", data=b"\xdaH", content_type=KIND)
    assert (answer.status_code, answer.data) == (200, b"\xdaEsync.failed")


def test_only_nodes_come_in_here(app: Flask) -> None:
    assert access_of(app.view_functions["sync.sync"]) == "node"
