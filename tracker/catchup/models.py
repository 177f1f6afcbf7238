"""Remote packs and who brought them back. What was ordered, and ends that were moved, stand in calendar: earlier slices read them."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Ref, Row, Synced, SyncedRow


class RemotePack(Row):
    """Work that a cohort was given to take home, worth some minutes of training once it is brought back."""

    __tablename__ = "remote_pack"
    __sync__ = Synced(partitions=("centre",))

    cohort_id: Mapped[str | None] = mapped_column(Ref)
    title: Mapped[str | None]
    given_on: Mapped[date | None]
    minutes: Mapped[int | None]
    void_reason: Mapped[str | None]


class RemotePackReturn(SyncedRow):
    """That an apprentice brought a remote pack back; no date: it was not, or the entry was taken back."""

    __tablename__ = "remote_pack_return"
    __sync__ = Synced(partitions=("centre",))

    pack_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    apprentice_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    returned_on: Mapped[date | None]
