"""Planned ends that were moved: of cohorts and of placements, the original beside the extended one.

Whoever asks when a cohort or a placement ends asks here; `Cohort.ends_on` and `Placement.ends_on` keep what was planned first.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from sqlalchemy import select

from tracker.calendar.models import Extension
from tracker.db import db

COHORT: Final = "cohort"
PLACEMENT: Final = "placement"


class Ending(Protocol):
    """A cohort or a placement."""

    @property
    def partition(self) -> str:
        """Its centre's."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def ends_on(self) -> date | None:
        """The original planned end, if somebody said one."""


@dataclass(frozen=True)
class Ends:
    """The extensions that stand, by (kind of subject, id of the subject). Read once for as many cohorts and placements as you like."""

    by_subject: Mapping[tuple[str, str], Extension] = field(default_factory=dict)

    def extension(self, kind: str, row: Ending) -> Extension | None:
        """The extension in force of a cohort or a placement: the one announced last."""
        return self.by_subject.get((kind, row.id))

    def of_cohort(self, row: Ending) -> date | None:
        """The end that holds of a cohort: the extended one, else the original; None where nobody said any."""
        return self._of(COHORT, row)

    def of_placement(self, row: Ending) -> date | None:
        """The end that holds of a placement: the extended one, else the original; None where nobody said any."""
        return self._of(PLACEMENT, row)

    def _of(self, kind: str, row: Ending) -> date | None:
        found = self.extension(kind, row)
        return found.ends_on if found else row.ends_on


NONE: Final = Ends()


def ends_in(*partitions: str) -> Ends:
    """The ends that were moved in these centres. The caller has checked that the actor may read them."""
    rows = db.session.scalars(select(Extension).where(Extension.partition.in_(partitions), Extension.void_reason.is_(None)))
    return Ends(standing(rows))


def standing(rows: Iterable[Extension]) -> Mapping[tuple[str, str], Extension]:
    """The last announced of each subject that is not withdrawn; of two alike, the same on every machine."""
    known = [row for row in rows if row.void_reason is None and row.ends_on]
    # A row being written has no stamp yet, and is the newest.
    known.sort(key=lambda row: (row.announced_on or date.min, row.eff is None, row.eff or 0, row.dot or ""))
    return {(PLACEMENT, row.placement_id) if row.placement_id else (COHORT, row.cohort_id or ""): row for row in known}


def extensions_of(kind: str, rows: Collection[Ending]) -> list[Extension]:
    """All extensions of these cohorts or placements, the latest announced first, withdrawn ones included."""
    ids, partitions = {row.id for row in rows}, {row.partition for row in rows}
    found = db.session.scalars(select(Extension).where(Extension.partition.in_(partitions)))
    mine = [row for row in found if (row.placement_id if kind == PLACEMENT else row.cohort_id) in ids]
    return sorted(mine, key=lambda row: (row.announced_on or date.min, row.eff or 0, row.id), reverse=True)
