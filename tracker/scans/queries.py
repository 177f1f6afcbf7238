"""Photos by the row they belong to, and their bytes once all pieces have come."""

import base64
import binascii
import hashlib
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, select

from tracker.db import db, row_for
from tracker.policy import Actor
from tracker.scans.models import Scan, ScanPiece

CHUNK = 500  # ids in one statement: SQLite takes a limited number of parameters


def scan_for(actor: Actor, scan_id: str, verb: str = "read") -> Scan:
    """The access door of a photo. Raises NotFound, NotAllowed."""
    return row_for(Scan, actor, scan_id, verb)


def scans_of(partition: str, subject_ids: Collection[str]) -> dict[str, list[Scan]]:
    """The photos of rows of a partition that are not withdrawn, by id of the row, the oldest first. The caller may read the rows."""
    found: dict[str, list[Scan]] = defaultdict(list)
    ids = sorted(subject_ids)
    for start in range(0, len(ids), CHUNK):
        rows = select(Scan).where(Scan.partition == partition, Scan.subject_id.in_(ids[start : start + CHUNK]), Scan.void_reason.is_(None))
        for row in db.session.scalars(rows.order_by(Scan.eff, Scan.id)):
            found[row.subject_id or ""].append(row)
    return dict(found)


class Photo(NamedTuple):
    """A photo as pages list it. is_here: whether all its pieces have come."""

    id: str
    kb: int
    is_here: bool


def photos_of(partition: str, subject_ids: Collection[str]) -> dict[str, list[Photo]]:
    """The photos of rows of a partition as pages list them, by id of the row. The caller may read the rows."""
    by_subject = scans_of(partition, subject_ids)
    ids = [scan.id for scans in by_subject.values() for scan in scans]
    rows = select(ScanPiece.scan_id, func.count()).where(ScanPiece.partition == partition, ScanPiece.scan_id.in_(ids))
    here = {row[0]: row[1] for row in db.session.execute(rows.group_by(ScanPiece.scan_id))} if ids else {}
    return {
        subject: [Photo(scan.id, -(-(scan.size_bytes or 0) // 1000), here.get(scan.id) == scan.pieces) for scan in scans]
        for subject, scans in by_subject.items()
    }


def content_of(scan: Scan) -> bytes | None:
    """The picture; None while pieces are still on their way, or where they do not make up what was kept."""
    rows = select(ScanPiece.content).where(ScanPiece.partition == scan.partition, ScanPiece.scan_id == scan.id)
    pieces = [piece or "" for piece in db.session.scalars(rows.order_by(ScanPiece.number))]
    try:
        content = base64.b64decode("".join(pieces), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if len(pieces) == scan.pieces and hashlib.sha256(content).hexdigest() == scan.sha256 else None
