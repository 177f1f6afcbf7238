"""Cohorts, apprentices, and the enrolments that tie them together."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Ref, Row, Synced


class Cohort(Row):
    """An intake that learns together."""

    __tablename__ = "cohort"
    __sync__ = Synced(partitions=("centre",), groups={"span": ("starts_on", "ends_on")})

    name: Mapped[str | None]
    programme: Mapped[str | None] = mapped_column(Code)
    campus_id: Mapped[str | None] = mapped_column(Ref)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    void_reason: Mapped[str | None]


class Apprentice(Row):
    """A person. Only a name is asked for; no identifier is ever required.

    seeing .. communicating  answers to the Washington Group's short set, codes of `difficulties`; None: not asked
    """

    __tablename__ = "apprentice"
    __sync__ = Synced(
        partitions=("centre",),
        groups={
            "name": ("given_name", "middle_name", "family_name"),
            "guardian": ("guardian", "guardian_phone"),
            "difficulties": ("seeing", "hearing", "walking", "remembering", "self_care", "communicating"),
        },
    )

    number: Mapped[str | None]
    given_name: Mapped[str | None]
    middle_name: Mapped[str | None]
    family_name: Mapped[str | None]
    sex: Mapped[str | None] = mapped_column(Code)
    birth_date: Mapped[date | None]
    phone: Mapped[str | None]
    guardian: Mapped[str | None]
    guardian_phone: Mapped[str | None]
    nida: Mapped[str | None]
    zanid: Mapped[str | None]
    csee: Mapped[str | None]
    home_region: Mapped[str | None] = mapped_column(Code)
    home_district: Mapped[str | None]
    seeing: Mapped[str | None] = mapped_column(Code)
    hearing: Mapped[str | None] = mapped_column(Code)
    walking: Mapped[str | None] = mapped_column(Code)
    remembering: Mapped[str | None] = mapped_column(Code)
    self_care: Mapped[str | None] = mapped_column(Code)
    communicating: Mapped[str | None] = mapped_column(Code)
    void_reason: Mapped[str | None]

    __table_args__ = (Index("apprentice_by_number", "partition", "number"),)  # import looks every row up by its number

    @property
    def full_name(self) -> str:
        """The three names as they are spoken."""
        return " ".join(part for part in (self.given_name, self.middle_name, self.family_name) if part)


class Enrolment(Row):
    """An apprentice in a cohort (or in none yet), for an occupation."""

    __tablename__ = "enrolment"
    __sync__ = Synced(partitions=("centre",), groups={"end": ("status", "ended_on", "end_reason")})

    apprentice_id: Mapped[str | None] = mapped_column(Ref)
    cohort_id: Mapped[str | None] = mapped_column(Ref)
    occupation: Mapped[str | None] = mapped_column(Code)
    starts_on: Mapped[date | None]
    status: Mapped[str | None] = mapped_column(Code)
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None] = mapped_column(Code)
    void_reason: Mapped[str | None]

    __table_args__ = (
        Index("enrolment_by_apprentice", "partition", "apprentice_id"),  # the apprentice's page
        Index("enrolment_by_cohort", "partition", "cohort_id"),  # the register
    )
