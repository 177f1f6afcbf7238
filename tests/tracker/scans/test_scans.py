"""Photos are kept with their row, served to those who may read it, and withdrawn with a reason."""

import pytest

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.scans.pictures import JPEG, png, segment
from tracker.db import db, write
from tracker.errors import NotAllowed, NotFound
from tracker.policy import Actor, OPERATOR
from tracker.scans import actions, queries, rules
from tracker.scans.models import Scan, ScanPiece

SUBJECT = "a notice"


def test_a_photo_is_kept_in_pieces_and_shown_whole(client: Browser, amina: Actor, make: Make) -> None:
    picture = png(330, 300, more=b"")  # nearly 100 KB, as a photo of a page is
    scan = actions.keep(amina, make.centre, SUBJECT, picture)
    assert (scan.kind, scan.pieces) == ("png", 7)
    answer = client.sign_in("amina").get(f"/scans/{scan.id}")
    assert answer.data == rules.clean(picture).content
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_place_where_it_was_taken_is_not_kept(amina: Actor, make: Make) -> None:
    scan = actions.keep(amina, make.centre, SUBJECT, JPEG[:2] + segment(0xE1, b"Exif\0\0 GPS") + JPEG[2:])
    assert b"GPS" not in (queries.content_of(scan) or b"GPS")


def test_the_same_photo_sent_twice_is_kept_once(amina: Actor, make: Make) -> None:
    first = actions.keep(amina, make.centre, SUBJECT, JPEG)
    assert actions.keep(amina, make.centre, SUBJECT, JPEG).id == first.id
    actions.withdraw(amina, first.id, "Of another letter")
    assert actions.keep(amina, make.centre, SUBJECT, JPEG).id != first.id


def test_nobody_of_another_centre_sees_it(client: Browser, amina: Actor, make: Make) -> None:
    scan = actions.keep(amina, make.centre, SUBJECT, JPEG)
    assert client.sign_in("chausiku").get(f"/scans/{scan.id}").status_code == 404


def test_a_photo_needs_somebody_signed_in(client: Browser, amina: Actor, make: Make) -> None:
    scan = actions.keep(amina, make.centre, SUBJECT, JPEG)
    assert "sign-in" in client.get(f"/scans/{scan.id}").location


def test_a_withdrawn_photo_is_shown_no_more(client: Browser, amina: Actor, make: Make) -> None:
    scan = actions.keep(amina, make.centre, SUBJECT, JPEG)
    with pytest.raises(rules.SayWhy):
        actions.withdraw(amina, scan.id, " ")
    actions.withdraw(amina, scan.id, "Of another letter")
    assert client.sign_in("amina").get(f"/scans/{scan.id}").status_code == 404
    assert queries.photos_of(make.centre, [SUBJECT]) == {}


def test_a_photo_whose_pieces_are_still_on_their_way_says_so(client: Browser, make: Make) -> None:
    with write(OPERATOR) as session:
        scan = Scan(partition=make.centre, subject_id=SUBJECT, kind="jpeg", size_bytes=99_000, sha256="0", pieces=7)
        session.add(scan)
        session.add(ScanPiece(partition=make.centre, scan_id=scan.id, number=2, content="AAAA"))
    assert [(each.kb, each.is_here) for each in queries.photos_of(make.centre, [SUBJECT])[SUBJECT]] == [(99, False)]
    assert client.sign_in("amina").get(f"/scans/{scan.id}").status_code == 404


def test_who_may_not_close_keeps_no_photo(baraka: Actor, chausiku: Actor, amina: Actor, make: Make) -> None:
    for actor in (baraka, chausiku):
        with pytest.raises(NotAllowed):
            actions.keep(actor, make.centre, SUBJECT, JPEG)
    scan = actions.keep(amina, make.centre, SUBJECT, JPEG)
    with pytest.raises(NotFound):
        actions.withdraw(chausiku, scan.id, "Not mine")
    with pytest.raises(NotAllowed):
        actions.withdraw(baraka, scan.id, "Not mine")
    assert db.session.get(Scan, {"partition": make.centre, "id": scan.id}).void_reason is None  # type: ignore[union-attr]


def test_what_is_no_picture_leaves_nothing(amina: Actor, make: Make) -> None:
    with pytest.raises(rules.NotAPicture):
        actions.keep(amina, make.centre, SUBJECT, b"%PDF-1.7")
    assert db.session.query(Scan).count() == 0
