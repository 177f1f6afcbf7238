"""All programmes that a cohort may follow: the pack's and central's, in one shape."""

from dataclasses import dataclass

from sqlalchemy import select

from tracker.country import tz
from tracker.db import db, row_for
from tracker.policy import Actor
from tracker.programmes.models import Programme


@dataclass(frozen=True)
class ProgrammeChoice:
    """A programme as people choose it.

    row_id       of the row that central added; None where the programme is the country pack's
    void_reason  why central withdrew it; cohorts that follow it keep it
    occupations  codes; empty: any
    """

    code: str
    name_sw: str
    name_en: str
    award: str | None
    months: int | None
    centre_weeks: int | None
    workplace_weeks: int | None
    threshold_percent: int
    occupations: tuple[str, ...] = ()
    row_id: str | None = None
    void_reason: str | None = None

    def label(self, language: str) -> str:
        """The name in `language`."""
        return self.name_en if language == "en" else self.name_sw


DEFAULT_THRESHOLD_PERCENT = 75


def _of_pack(found: tz.Programme) -> ProgrammeChoice:
    return ProgrammeChoice(
        found.code,
        found.sw,
        found.en,
        found.award,
        found.months,
        found.weeks_at_centre,
        found.weeks_at_workplace,
        found.threshold_percent,
        found.occupations,
    )


def _of_row(row: Programme) -> ProgrammeChoice:
    code = row.code or row.id
    return ProgrammeChoice(
        code,
        row.name_sw or row.name_en or code,
        row.name_en or row.name_sw or code,
        row.award,
        row.months,
        row.centre_weeks,
        row.workplace_weeks,
        DEFAULT_THRESHOLD_PERCENT if row.threshold_percent is None else row.threshold_percent,
        row_id=row.id,
        void_reason=row.void_reason,
    )


def programmes(*, with_void: bool = False) -> list[ProgrammeChoice]:
    """The pack's programmes, then central's by code; central's row of a pack's code takes its place."""
    rows = db.session.scalars(select(Programme).order_by(Programme.code, Programme.id))
    by_code = {each.code: each for each in map(_of_pack, tz.programmes())}
    for row in rows:
        if with_void or not row.void_reason:
            by_code[row.code or row.id] = _of_row(row)
    return list(by_code.values())


def programme(code: str | None) -> ProgrammeChoice | None:
    """The programme of a code, a withdrawn one too; None if nobody knows it."""
    current = next((each for each in programmes() if each.code == code), None)
    return current or next((each for each in programmes(with_void=True) if each.code == code), None)


def programme_for(actor: Actor, programme_id: str, may: str = "read") -> Programme:
    """The access door of a programme that central added; raises NotFound, NotAllowed."""
    return row_for(Programme, actor, programme_id, may)
