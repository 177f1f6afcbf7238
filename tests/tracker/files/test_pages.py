"""The page that imports after a look, and the links that export."""

import io

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.conftest import Browser
from tests.tracker.files.files import APPRENTICES, csv_bytes
from tracker.db import db
from tracker.people.models import Apprentice


def _upload(client: Browser, content: bytes, kind: str = "apprentices") -> TestResponse:
    return client.send("/files/import", kind=kind, file=(io.BytesIO(content), "list.csv"))


def _people() -> list[str | None]:
    return list(db.session.scalars(select(Apprentice.number).order_by(Apprentice.number)))


def test_nothing_is_written_before_the_yes(client: Browser) -> None:
    answer = _upload(client.sign_in("amina"), APPRENTICES)
    assert (answer.status_code, _people()) == (302, [])
    assert answer.location
    assert "list.csv" in client.get(answer.location).text
    assert client.send(answer.location).status_code == 302
    assert _people() == ["VTC/1", "VTC/2"]


def test_a_file_is_imported_once(client: Browser) -> None:
    place = _upload(client.sign_in("amina"), APPRENTICES).location
    assert place
    client.send(place)
    assert client.send(place).status_code == 404


def test_a_newer_upload_makes_the_older_preview_stale(client: Browser) -> None:
    first = _upload(client.sign_in("amina"), APPRENTICES).location
    _upload(client, csv_bytes("number,given_name", "9,Zuhura"))
    assert first
    assert client.get(first).status_code == 404


def test_problems_are_shown_with_row_and_column(client: Browser) -> None:
    answer = _upload(client.sign_in("amina"), csv_bytes("number,given_name,sex", "1,<b>Asha</b>,X"))
    assert answer.status_code == 422
    assert "X is not a sex" in answer.text
    assert 'data-label="Row">2<' in answer.text


def test_a_missing_file_is_said_beside_its_field(client: Browser) -> None:
    answer = client.sign_in("amina").send("/files/import", kind="apprentices")
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


@pytest.mark.parametrize("username", ["baraka", "dalali"])
def test_nobody_else_sees_the_files(client: Browser, username: str) -> None:
    client.sign_in(username)
    assert [client.get(path).status_code for path in ("/files/", "/files/export/apprentices.csv")] == [403, 403]


def test_anothers_upload_is_not_found(client: Browser) -> None:
    place = _upload(client.sign_in("amina"), APPRENTICES).location
    assert place
    assert client.sign_in("chausiku").get(place).status_code == 404


def test_an_export_is_a_file_with_a_day_in_its_name(client: Browser) -> None:
    answer = client.sign_in("amina").get("/files/export/attendance.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="attendance-2026-03-02.csv"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_file_longer_than_a_form_may_be_is_read(client: Browser) -> None:
    content = csv_bytes("number,given_name,sex", *(f"VTC/2026/{number},Asha,F" for number in range(9_000)))
    answer = _upload(client.sign_in("amina"), content)
    assert (len(content) > 2 * 64_000, answer.status_code) == (True, 302)
