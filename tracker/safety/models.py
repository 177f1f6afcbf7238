"""The reopening checklist with its answers, and health and safety sessions with who was there."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Ref, Row, Synced, SyncedRow


class ChecklistItem(Row):
    """What the nation or a centre wants checked before reopening, besides what the country pack lists; or, void, wants no more."""

    __tablename__ = "checklist_item"
    __sync__ = Synced(partitions=("nation", "centre"), groups={"label": ("label_sw", "label_en")})

    label_sw: Mapped[str | None]
    label_en: Mapped[str | None]
    void_reason: Mapped[str | None]


class ChecklistAnswer(SyncedRow):
    """How a centre stands on one item before it reopens after one closure.

    item    code of the list `reopening_checklist`, or id of a ChecklistItem
    answer  code of the list `checklist_answers`; None: taken back
    """

    __tablename__ = "checklist_answer"
    __sync__ = Synced(partitions=("centre",), groups={"answer": ("answer", "on", "note")})

    closure_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    item: Mapped[str] = mapped_column(Code, primary_key=True)
    answer: Mapped[str | None] = mapped_column(Code)
    on: Mapped[date | None]
    note: Mapped[str | None]


class SafetySession(Row):
    """A health and safety session that was held; one that is repeated is another row.

    topic       code of the list `safety_topics`
    valid_days  how long it holds for those who were there; None: for good
    """

    __tablename__ = "safety_session"
    __sync__ = Synced(partitions=("centre",))

    topic: Mapped[str | None] = mapped_column(Code)
    on: Mapped[date | None]
    minutes: Mapped[int | None]
    trainer: Mapped[str | None]
    valid_days: Mapped[int | None]
    cohort_id: Mapped[str | None] = mapped_column(Ref)
    note: Mapped[str | None]
    void_reason: Mapped[str | None]


class SafetyPresence(SyncedRow):
    """Whether an apprentice was at a session."""

    __tablename__ = "safety_presence"
    __sync__ = Synced(partitions=("centre",))

    session_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    apprentice_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    was_there: Mapped[bool | None]
