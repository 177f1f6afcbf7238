"""Placements at host employers with their rosters, and suspensions that a person decided; those by closures are worked out."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Ref, Row, Synced


class Placement(Row):
    """An apprentice at an employer for a span of days.

    replaces_id  the placement whose host is closed, and for which this one stands in
    """

    __tablename__ = "placement"
    __sync__ = Synced(
        partitions=("centre",),
        groups={
            "span": ("starts_on", "ends_on"),
            "contract": ("contract_signed_on", "contract_registered_on", "allowance_tzs", "insurer"),
        },
    )

    apprentice_id: Mapped[str | None] = mapped_column(Ref)
    employer_id: Mapped[str | None] = mapped_column(Ref)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    supervisor: Mapped[str | None]
    department: Mapped[str | None]
    contract_signed_on: Mapped[date | None]
    contract_registered_on: Mapped[date | None]
    allowance_tzs: Mapped[int | None]
    insurer: Mapped[str | None]
    replaces_id: Mapped[str | None] = mapped_column(Ref)
    void_reason: Mapped[str | None]

    __table_args__ = (Index("placement_by_apprentice", "partition", "apprentice_id"),)  # the apprentice's page


class Suspension(Row):
    """A pause of one placement."""

    __tablename__ = "suspension"
    __sync__ = Synced(partitions=("centre",), groups={"span": ("since", "until")})

    placement_id: Mapped[str | None] = mapped_column(Ref)
    since: Mapped[date | None]
    until: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(Code)
    void_reason: Mapped[str | None]


class Roster(Row):
    """The days of a week (1 = Monday .. 7 = Sunday) and the minutes a day that a placement works from a date on."""

    __tablename__ = "roster"
    __sync__ = Synced(partitions=("centre",), groups={"week": ("weekdays", "minutes")})

    placement_id: Mapped[str | None] = mapped_column(Ref)
    since: Mapped[date | None]
    weekdays: Mapped[str | None]
    minutes: Mapped[int | None]
    void_reason: Mapped[str | None]
