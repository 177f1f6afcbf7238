"""The centre and its campuses are the centre's own; the directory of centres is the nation's."""

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Ref, Row, Synced, SyncedRow


class Centre(Row):
    """The profile of a training centre: one row in its partition."""

    __tablename__ = "centre"
    __sync__ = Synced(partitions=("centre",))

    name: Mapped[str | None]
    short_name: Mapped[str | None]
    region: Mapped[str | None] = mapped_column(Code)
    district: Mapped[str | None]
    aliases: Mapped[str | None]
    phone: Mapped[str | None]


class Campus(Row):
    """A place where a centre trains; its district decides which closures reach it."""

    __tablename__ = "campus"
    __sync__ = Synced(partitions=("centre",))

    name: Mapped[str | None]
    region: Mapped[str | None] = mapped_column(Code)
    district: Mapped[str | None]
    void_reason: Mapped[str | None]


class Listing(SyncedRow):
    """A centre in the nation's directory; `centre` is the name of its partition."""

    __tablename__ = "listing"
    __sync__ = Synced(partitions=("nation",))

    centre: Mapped[str] = mapped_column(Ref, primary_key=True)
    name: Mapped[str | None]
    region: Mapped[str | None] = mapped_column(Code)
