"""Registers and marks, with natural keys: two laptops that mark the same apprentice on the same day meet in one row.

And what stands around them: leave that was given beforehand, and who was called about an absence.
"""

from datetime import date

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, LocalRow, Ref, Row, Synced, SyncedRow


class Register(SyncedRow):
    """That a register was taken, and how: two people who took it differently on two laptops have both taken it."""

    __tablename__ = "register"
    __sync__ = Synced(partitions=("centre",), quiet=("method",))

    cohort_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(Code, primary_key=True)
    status: Mapped[str | None] = mapped_column(Code)
    method: Mapped[str | None] = mapped_column(Code)
    note: Mapped[str | None]


class Mark(SyncedRow):
    """What was marked for an apprentice; without a status the mark was taken back. One group: a mark makes sense whole."""

    __tablename__ = "mark"
    __sync__ = Synced(partitions=("centre",), groups={"mark": ("status", "place", "reason", "minutes")})

    apprentice_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(Code, primary_key=True)
    status: Mapped[str | None] = mapped_column(Code)
    place: Mapped[str | None] = mapped_column(Code)
    reason: Mapped[str | None]
    minutes: Mapped[int | None]

    __table_args__ = (Index("mark_by_day", "partition", "on"),)  # the register and the overview read by day


class ExpectedAbsence(Row):
    """Leave given beforehand. It marks nobody: it stands in the register as a reason to excuse, until a person does."""

    __tablename__ = "expected_absence"
    __sync__ = Synced(partitions=("centre",), groups={"span": ("since", "until")})

    apprentice_id: Mapped[str | None] = mapped_column(Ref)
    since: Mapped[date | None]
    until: Mapped[date | None]
    reason: Mapped[str | None]
    void_reason: Mapped[str | None]


class FollowUp(Row):
    """An attempt to reach somebody who stays away, and what came of it.

    expected_on  the day on which the apprentice said to come
    """

    __tablename__ = "follow_up"
    __sync__ = Synced(partitions=("centre",))

    apprentice_id: Mapped[str | None] = mapped_column(Ref)
    on: Mapped[date | None]
    means: Mapped[str | None] = mapped_column(Code)
    outcome: Mapped[str | None] = mapped_column(Code)
    expected_on: Mapped[date | None]
    note: Mapped[str | None]
    void_reason: Mapped[str | None]


class SavedTap(LocalRow):
    """That a tap of a phone was saved here, so that it is saved once however often it comes. Kept some weeks, then forgotten.

    act  the change of the mark it made, or of the mark it found equal; "" = there was nothing to change
    """

    __tablename__ = "saved_tap"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # drawn by the phone
    act: Mapped[str]
    kept_on: Mapped[date] = mapped_column(index=True)  # the old ones are looked for at each tap
