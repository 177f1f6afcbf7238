"""Programmes that central adds; the defaults come from the country pack and are never synced."""

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Row, Synced


class Programme(Row):
    """A version of a programme: what it takes at the centre and at the workplace."""

    __tablename__ = "programme"
    __sync__ = Synced(partitions=("nation",), groups={"label": ("name_sw", "name_en"), "weeks": ("centre_weeks", "workplace_weeks")})

    code: Mapped[str | None] = mapped_column(Code)
    name_sw: Mapped[str | None]
    name_en: Mapped[str | None]
    award: Mapped[str | None] = mapped_column(Code)
    months: Mapped[int | None]
    centre_weeks: Mapped[int | None]
    workplace_weeks: Mapped[int | None]
    threshold_percent: Mapped[int | None]
    void_reason: Mapped[str | None]
