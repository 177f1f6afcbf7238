"""Recording health and safety sessions with who was there, and answering the reopening checklist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from tracker import clock
from tracker.calendar import queries as calendar
from tracker.country import tz
from tracker.db import apply_form, row_for, void, write
from tracker.errors import NotFound
from tracker.people.models import Cohort
from tracker.policy import Actor, check
from tracker.safety import queries, rules
from tracker.safety.models import ChecklistAnswer, ChecklistItem, SafetyPresence, SafetySession
from tracker.scans import actions as scans

# ---- sessions


def hold_session(
    actor: Actor,
    partition: str,
    topic: str,
    on: date,
    *,
    minutes: int | None = None,
    trainer: str = "",
    valid_days: int | None = None,
    cohort_id: str | None = None,
    note: str = "",
) -> SafetySession:
    """Record a session that was held. Who was there is marked afterwards; one that is repeated is recorded again.

    valid_days  how many days after it those who were there are covered; None: for good
    cohort_id   for whom it was; None: for all apprentices of the centre, which only who keeps all its records may say
    Raises NotFound, NotAllowed, UnknownTopic, NotHeldYet, FarSession.
    """
    with write(actor) as session:
        if cohort_id:
            partition = row_for(Cohort, actor, cohort_id, "mark").partition
        else:
            check(actor, "close", partition)
        if not tz.has_code("safety_topics", topic):
            raise rules.UnknownTopic
        rules.check_held(on, clock.today())
        row = SafetySession(
            partition=partition,
            topic=topic,
            on=on,
            minutes=minutes,
            trainer=trainer.strip() or None,
            valid_days=valid_days,
            cohort_id=cohort_id or None,
            note=note.strip() or None,
        )
        session.add(row)
        return row


def correct_session(actor: Actor, session_id: str, values: Mapping[str, object], seen: str | None) -> SafetySession:
    """Correct what was typed of a session; its cohort stays. Raises NotFound, NotAllowed, NotHeldYet, FarSession."""
    with write(actor):
        row = queries.session_for(actor, session_id, "mark")
        on = values.get("on", row.on)
        if isinstance(on, date):
            rules.check_held(on, clock.today())
        apply_form(row, {name: value for name, value in values.items() if name != "cohort_id"}, seen)
        return row


def withdraw_session(actor: Actor, session_id: str, reason: str) -> SafetySession:
    """Say that a session was never held: it covers nobody. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        row = queries.session_for(actor, session_id, "mark")
        void(row, rules.check_reason(reason))
        return row


def restore_session(actor: Actor, session_id: str) -> SafetySession:
    """Take the withdrawal of a session back. Raises NotFound, NotAllowed."""
    with write(actor):
        row = queries.session_for(actor, session_id, "mark")
        void(row, None)
        return row


def mark_present(actor: Actor, session_id: str, apprentice_id: str, *, was_there: bool) -> None:
    """Say whether an apprentice was at a session. Raises NotFound, NotAllowed."""
    with write(actor) as session:
        row = queries.session_for(actor, session_id, "mark")
        known = {each.apprentice.id for each in queries.invited(actor, row)}
        if apprentice_id not in known:
            raise NotFound
        _put(session, row, apprentice_id, was_there=was_there)


def mark_all_present(actor: Actor, session_id: str) -> int:
    """Say of all who are not marked yet that they were there; how many that were. Raises NotFound, NotAllowed."""
    with write(actor) as session:
        row = queries.session_for(actor, session_id, "mark")
        unmarked = [each.apprentice.id for each in queries.invited(actor, row) if each.was_there is None]
        for apprentice_id in unmarked:
            _put(session, row, apprentice_id, was_there=True)
        return len(unmarked)


def _put(session: Session, row: SafetySession, apprentice_id: str, *, was_there: bool) -> None:
    key = {"partition": row.partition, "session_id": row.id, "apprentice_id": apprentice_id}
    found = session.get(SafetyPresence, key)
    if found is None:
        session.add(SafetyPresence(**key, was_there=was_there))
    else:
        found.was_there = was_there


# ---- the reopening checklist


@dataclass(frozen=True)
class Answered:
    """What somebody answered to one item. photo: a picture that shows it, if there is one."""

    answer: str
    note: str = ""
    photo: bytes = b""


def answer(actor: Actor, partition: str, closure_id: str, answers: Mapping[str, Answered], on: date) -> list[ChecklistAnswer]:
    """Say how a centre stands on items of its checklist before it reopens after a closure, all or none; equal answers stay as they are.

    answers  by item of `queries.items`
    on       the day on which it was looked at
    Raises NotFound, NotAllowed, UnknownAnswer, NotHeldYet, FarSession, and what `scans.actions.keep` raises.
    """
    with write(actor) as session:
        check(actor, "close", partition)
        closure_id = calendar.story_for(actor, closure_id, partition).row.id
        rules.check_held(on, clock.today())
        known = {item.id for item in queries.items(partition)}
        rows = []
        for item, said in answers.items():
            if item not in known or not tz.has_code("checklist_answers", said.answer):
                raise rules.UnknownAnswer
            row = session.get(ChecklistAnswer, {"partition": partition, "closure_id": closure_id, "item": item})
            if row is None:
                row = ChecklistAnswer(partition=partition, closure_id=closure_id, item=item)
                session.add(row)
            note = said.note.strip() or None
            if (row.answer, row.note) != (said.answer, note):
                row.answer, row.note, row.on = said.answer, note, on
            if said.photo:
                scans.keep(actor, partition, queries.subject_of(closure_id, item), said.photo)
            rows.append(row)
        return rows


def withdraw_photo(actor: Actor, photo_id: str, reason: str) -> None:
    """Withdraw the photo of an answer. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        queries.closure_of_photo(actor, photo_id, "close")
        scans.withdraw(actor, photo_id, rules.check_reason(reason))


def add_item(actor: Actor, partition: str, label_sw: str, label_en: str) -> ChecklistItem:
    """Want something more checked before reopening: in a centre, or for the nation in all centres. Raises NotAllowed, NoLabel."""
    with write(actor) as session:
        check(actor, "close", partition)
        label_sw, label_en = label_sw.strip(), label_en.strip()
        if not (label_sw or label_en):
            raise rules.NoLabel
        row = ChecklistItem(partition=partition, label_sw=label_sw or None, label_en=label_en or None)
        session.add(row)
        return row


def withdraw_item(actor: Actor, item_id: str, reason: str) -> ChecklistItem:
    """Want an item checked no more; its answers are kept. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        row = queries.item_for(actor, item_id, "close")
        void(row, rules.check_reason(reason))
        return row
