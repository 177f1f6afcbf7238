"""Keeping a photo of a paper with the row that it shows, and withdrawing it."""

import base64
import hashlib

from tracker.db import void, write
from tracker.policy import Actor, check
from tracker.scans import queries, rules
from tracker.scans.models import Scan, ScanPiece


def keep(actor: Actor, partition: str, subject_id: str, content: bytes) -> Scan:
    """Keep the picture of a file, and nothing else of it, with a row of a partition. The same picture twice is kept once.

    subject_id  id of the row, whose own access door the caller has passed
    Raises NotAllowed, NotAPicture, Broken, TooManyPixels, TooLarge.
    """
    picture = rules.clean(content)
    digest = hashlib.sha256(picture.content).hexdigest()
    with write(actor) as session:
        check(actor, "close", partition)
        known = [row for row in queries.scans_of(partition, [subject_id]).get(subject_id, ()) if row.sha256 == digest]
        if known:
            return known[0]
        pieces = rules.pieces(base64.b64encode(picture.content).decode())
        scan = Scan(
            partition=partition,
            subject_id=subject_id,
            kind=picture.kind,
            size_bytes=len(picture.content),
            sha256=digest,
            pieces=len(pieces),
        )
        session.add(scan)
        session.add_all(
            ScanPiece(partition=partition, scan_id=scan.id, number=number, content=piece) for number, piece in enumerate(pieces, 1)
        )
        return scan


def withdraw(actor: Actor, scan_id: str, reason: str) -> Scan:
    """Say that a photo is of something else; it is shown no more. Raises NotFound, NotAllowed, SayWhy."""
    with write(actor):
        scan = queries.scan_for(actor, scan_id, "close")
        void(scan, rules.check_reason(reason))
        return scan
