"""A photo and its pieces: a synced text holds 20,000 signs, so a picture travels in several rows."""

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Ref, Row, Synced, SyncedRow

ANYWHERE = ("nation", "region", "centre")


class Scan(Row):
    """A photo that belongs to another row of its partition.

    subject_id  id of that row, such as a notice; of an answer of the checklist, which has none, what `safety.queries.subject_of` says
    kind        "jpeg" or "png"
    pieces      how many pieces it has; it can be shown when all are here
    """

    __tablename__ = "scan"
    __sync__ = Synced(partitions=ANYWHERE)

    subject_id: Mapped[str | None] = mapped_column(Ref)
    kind: Mapped[str | None] = mapped_column(Code)
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None]
    pieces: Mapped[int | None]
    void_reason: Mapped[str | None]


class ScanPiece(SyncedRow):
    """A piece of a photo, base64; the first has number 1."""

    __tablename__ = "scan_piece"
    __sync__ = Synced(partitions=ANYWHERE)

    scan_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[str | None]
