"""Host employers."""

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Row, Synced


class Employer(Row):
    """A host employer; it lies in its own district, else in its centre's region."""

    __tablename__ = "employer"
    __sync__ = Synced(partitions=("centre",))

    name: Mapped[str | None]
    sector: Mapped[str | None] = mapped_column(Code)
    district: Mapped[str | None]
    phone: Mapped[str | None]
    departments: Mapped[str | None]
    capacity: Mapped[int | None]
    contact: Mapped[str | None]
    void_reason: Mapped[str | None]
