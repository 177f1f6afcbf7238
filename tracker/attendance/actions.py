"""Marking: one tap, all who remain, a whole form, a file; taking a register; undoing; saying that a closed day was taught."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker import clock, replication
from tracker.attendance import queries, rules
from tracker.attendance.absence_queries import leave_on
from tracker.attendance.models import Mark, Register
from tracker.attendance.paper import Box, Entered
from tracker.attendance.rules import Act, Entry, MarkLine, MarkValue
from tracker.calendar import actions as calendar
from tracker.db import apply_form, dot_of, name_shown, write
from tracker.errors import NotFound
from tracker.people.models import Apprentice, Cohort
from tracker.people.queries import all_members
from tracker.policy import Actor, check

BULK = "bulk"
SAID = ("status", "note")  # what whoever finishes a register says of it


def mark(
    actor: Actor,
    partition: str,
    apprentice_id: str,
    on: date,
    status: str | None,
    *,
    slot: str = "day",
    place: str | None = None,
    reason: str | None = None,
    minutes: int | None = None,
    seen: str | None = None,
) -> Mark | None:
    """Mark an apprentice; a status of None takes the mark back. The same value again is no edit.

    place, reason, minutes  None = as it was; "centre" is usual
    seen                    token of what the page showed ("" = unmarked, None = no page): a stale one makes a visible conflict
    Raises NotFound, NotAllowed, UnknownStatus, TooManyMinutes, NotYet.
    """
    value = MarkValue(status, place, reason, minutes)
    rules.check_mark(value, slot)
    rules.check_day(status, on, clock.today())
    with write(actor) as session:
        thing = queries.enrolled_on(partition, apprentice_id, on) or session.get(Apprentice, {"partition": partition, "id": apprentice_id})
        if thing is None:
            raise NotFound
        check(actor, "mark", thing)
        key = _key(partition, apprentice_id, on, slot)
        stored = session.get(Mark, key)
        was_marked = stored is not None and stored.status is not None
        row = _put(session, stored, key, value, seen)
        session.flush()
        cohort_id = getattr(thing, "cohort_id", None)
        cohort = cohort_id and session.get(Cohort, {"partition": partition, "id": cohort_id})
        if cohort:
            _settle(session, actor, cohort, on, slot, "taps", is_emptied=was_marked and status is None)
        return row


def _key(partition: str, apprentice_id: str, on: date, slot: str) -> dict[str, object]:
    return {"partition": partition, "apprentice_id": apprentice_id, "on": on, "slot": slot}


def _put(session: Session, row: Mark | None, key: Mapping[str, object], value: MarkValue, seen: str | None) -> Mark | None:
    """row: the stored mark with this key. Given, not looked up, so that a page's marks cost one reading and one flush."""
    if row is None:
        if value.status is None:
            return None
        row = Mark(**key, **rules.corrected(rules.UNMARKED, value)._asdict())
        session.add(row)
        return row
    return _correct(row, value, seen)


def _correct(row: Mark, value: MarkValue, seen: str | None) -> Mark:
    old = queries.value_of(row)
    new = rules.corrected(old, value)
    if new == old:
        return row
    for name, each in new._asdict().items():
        setattr(row, name, each)
    # Unmarked was shown and unmarked it still is: that somebody marked and took back meanwhile hides nothing.
    is_stale = seen is not None and seen != (dot_of(row, "mark") or "") and not (seen == "" and old.status is None)
    if is_stale:
        name_shown(row, "mark", *([seen] if seen else []))
    return row


def save_marks(actor: Actor, cohort_id: str, on: date, slot: str, entries: Mapping[str, Entry], *, method: str = "taps") -> Act | None:
    """Save the rows of a page, by apprentice. Only what somebody changed is an edit; gives the act to undo.

    method  how the register was taken if it is complete now
    Raises NotFound, NotAllowed, UnknownStatus, NotYet.
    """
    touched = {key: entry for key, entry in entries.items() if entry.shown is None or entry.shown != entry.status}
    for entry in touched.values():
        rules.check_mark(MarkValue(entry.status), slot)
        rules.check_day(entry.status, on, clock.today())
    with write(actor) as session:
        cohort = queries.cohort_to_mark(actor, cohort_id)
        # Whoever was ever enrolled here: an apprentice moved away while the page was open must not take the other marks along.
        _check_members(actor, cohort, touched)
        stored = queries.marks_by_apprentice(cohort.partition, on, slot, touched.keys())
        before = {key: dot_of(row, "mark") for key, row in stored.items()}
        rows = [
            _put(session, stored.get(each), _key(cohort.partition, each, on, slot), MarkValue(entry.status), entry.seen)
            for each, entry in touched.items()
        ]
        session.flush()
        changed = [row for row in rows if row is not None and before.get(row.apprentice_id) != row.dot]
        taken = _settle(session, actor, cohort, on, slot, method, is_emptied=any(row.status is None for row in changed))
        return Act.of([*(row.dot for row in changed), _taken_by(taken)])


def _check_members(actor: Actor, cohort: Cohort, apprentice_ids: Iterable[str]) -> None:
    if not {apprentice.id for apprentice, _ in all_members(actor, cohort)}.issuperset(apprentice_ids):
        raise NotFound


def mark_remaining_present(
    actor: Actor, cohort_id: str, on: date, slot: str = "day", *, only: Collection[str] | None = None, method: str = BULK
) -> Act | None:
    """Mark all who are expected and still unmarked as present: the act of a person, kept as such in the register.

    Who is on leave stays unmarked: that he came after all somebody must say of him alone.
    only  ids of those whom the person had before the eyes; None = everybody
    Raises NotFound, NotAllowed, NotYet.
    """
    rules.check_mark(rules.UNMARKED, slot)
    rules.check_day("present", on, clock.today())
    with write(actor) as session:
        cohort = queries.cohort_to_mark(actor, cohort_id)
        on_leave = leave_on(cohort.partition, on)
        expected = [each for each in queries.missing(actor, cohort, on, slot) if each not in on_leave]
        missing = [each for each in expected if only is None or each in only]
        stored = queries.marks_by_apprentice(cohort.partition, on, slot, missing)
        rows = [_put(session, stored.get(each), _key(cohort.partition, each, on, slot), MarkValue("present"), None) for each in missing]
        # One taken before is none of this act: its older dot would stretch the undo over all that came in between.
        register = _take(session, cohort, on, slot, method, None) if rows and not _is_taken(session, cohort, on, slot) else None
        session.flush()
        return Act.of([*(row.dot for row in rows if row), _taken_by(register)])


def put_all(session: Session, actor: Actor, cohort: Cohort, on: date, slot: str, values: Mapping[str, MarkValue]) -> Act | None:
    """Write the marks of several apprentices inside another action's transaction; a register that is complete now is taken."""
    if not values:
        return None
    stored = queries.marks_by_apprentice(cohort.partition, on, slot, values.keys())
    rows = [_put(session, stored.get(each), _key(cohort.partition, each, on, slot), value, None) for each, value in values.items()]
    session.flush()
    taken = _take_when_complete(session, actor, cohort, on, slot, "taps")
    return Act.of([*(row.dot for row in rows if row), _taken_by(taken)])


def take_register(actor: Actor, cohort_id: str, on: date, slot: str = "day", *, note: str | None = None) -> Act | None:
    """Say that the register is done, whoever is still unmarked; gives the act to undo, None where it was said before.

    Raises NotFound, NotAllowed, NotYet.
    """
    rules.check_mark(rules.UNMARKED, slot)
    rules.check_day("present", on, clock.today())
    with write(actor) as session:
        cohort = queries.cohort_to_mark(actor, cohort_id)
        stored = session.get(Register, _register_key(cohort, on, slot))
        before = {dot_of(stored, each) for each in SAID} if stored else set()
        register = _take(session, cohort, on, slot, "taps", note)
        session.flush()
        return Act.of({dot_of(register, each) for each in SAID} - before)


def save_register(
    actor: Actor,
    cohort_id: str,
    on: date,
    slot: str,
    entries: Mapping[str, Entry],
    *,
    rest: bool = False,
    done: bool = False,
    note: str | None = None,
) -> Act | None:
    """Save what a page sends in one transaction: its marks, then all who remain (`rest`), then that it is done (`done`, `note`).

    Raises NotFound, NotAllowed, UnknownStatus, NotYet.
    """
    with write(actor):
        acts = [save_marks(actor, cohort_id, on, slot, entries)]
        if rest:
            acts.append(mark_remaining_present(actor, cohort_id, on, slot))
        if done or note:
            acts.append(take_register(actor, cohort_id, on, slot, note=note))
        return Act.joined(acts)


def teach_anyway(actor: Actor, cohort_id: str, on: date, reason: str) -> None:
    """Say that a cohort is taught on a day without training, so that its register opens and its marks count.

    Raises NotFound, NotAllowed, and what the calendar refuses.
    """
    calendar.teach_anyway(actor, cohort_id, on, reason)


def withdraw_taught(actor: Actor, cohort_id: str, on: date, reason: str) -> None:
    """Say that a cohort was not taught on a day after all: its marks are kept and count no longer.

    Raises NotFound, NotAllowed, and what the calendar refuses.
    """
    calendar.withdraw_taught_day(actor, cohort_id, on, reason)


def _settle(session: Session, actor: Actor, cohort: Cohort, on: date, slot: str, method: str, *, is_emptied: bool) -> Register | None:
    """Take a register that is complete now, or open one again of which the last mark was taken back; the register if it changed.

    is_emptied  a mark was taken back; a register that somebody finished without any mark stays finished
    """
    if not is_emptied or not _is_taken(session, cohort, on, slot) or queries.is_begun(actor, cohort, on, slot):
        return _take_when_complete(session, actor, cohort, on, slot, method)
    register = session.get_one(Register, _register_key(cohort, on, slot))
    register.status = register.method = register.note = None
    session.flush()
    return register


def _take_when_complete(session: Session, actor: Actor, cohort: Cohort, on: date, slot: str, method: str) -> Register | None:
    if _is_taken(session, cohort, on, slot) or on > clock.today() or not queries.is_complete(actor, cohort, on, slot):
        return None
    register = _take(session, cohort, on, slot, method, None)
    session.flush()
    return register


def _is_taken(session: Session, cohort: Cohort, on: date, slot: str) -> bool:
    register = session.get(Register, _register_key(cohort, on, slot))
    return register is not None and register.status == rules.TAKEN


def _taken_by(register: Register | None) -> str | None:
    """The change that took a register. Not the row's own dot: that is of its oldest value, and a register can be taken again."""
    return dot_of(register, "status") if register else None


def _register_key(cohort: Cohort, on: date, slot: str) -> dict[str, object]:
    return {"partition": cohort.partition, "cohort_id": cohort.id, "on": on, "slot": slot}


def _take(session: Session, cohort: Cohort, on: date, slot: str, method: str, note: str | None) -> Register:
    register = session.get(Register, _register_key(cohort, on, slot))
    if register is None:
        register = Register(partition=cohort.partition, cohort_id=cohort.id, on=on, slot=slot)
        session.add(register)
    if register.status != rules.TAKEN:
        register.status, register.method = rules.TAKEN, method
    if note:
        register.note = note
    return register


def undo(actor: Actor, cohort_id: str, on: date, slot: str, act: Act) -> list[str]:
    """Bring back what stood before one of the person's own saves; gives the apprentices concerned.

    What has changed again since then stays. Raises NotFound, NotAllowed.
    """
    with write(actor) as session:
        cohort = queries.cohort_to_mark(actor, cohort_id)
        ids = {apprentice.id for apprentice, _ in all_members(actor, cohort)}
        rows = queries.marks_by_apprentice(cohort.partition, on, slot, ids)
        mine = [row for row in rows.values() if row.by == actor.id and act.made(dot_of(row, "mark"))]
        for row in mine:
            past = next((version.values for version in replication.history(row) if not version.is_current), {})
            for name in MarkValue._fields:
                setattr(row, name, past.get(name))
        register = session.get(Register, _register_key(cohort, on, slot))
        if register is not None:
            # All that the act changed of it, read before anything is written: taken by it or opened again.
            before = {name: _before(register, name) for name in ("status", "method", "note") if act.made(dot_of(register, name))}
            for name, value in before.items():
                setattr(register, name, value)
        return [row.apprentice_id for row in mine]


def _before(register: Register, name: str) -> object:
    """What a value of a register was before its present one."""
    return next((each.values[name] for each in replication.history(register) if each.group == name and not each.is_current), None)


def edit_mark(
    actor: Actor, cohort_id: str, apprentice_id: str, on: date, slot: str, values: Mapping[str, object], seen: str | None
) -> Mark | None:
    """Change a whole mark on its own page: status, place, reason, minutes; an empty status takes it back.

    Raises NotFound, NotAllowed, UnknownStatus, TooManyMinutes, NotYet.
    """
    value = MarkValue(**values)  # type: ignore[arg-type]  # the form's clean values
    rules.check_mark(value, slot)
    rules.check_day(value.status, on, clock.today())
    with write(actor) as session:
        cohort = queries.cohort_to_mark(actor, cohort_id)
        _check_members(actor, cohort, [apprentice_id])
        key = {"partition": cohort.partition, "apprentice_id": apprentice_id, "on": on, "slot": slot}
        row = session.get(Mark, key)
        was_marked = row is not None and row.status is not None
        clean = value._asdict() if value.status else rules.UNMARKED._asdict()
        if row is not None:
            apply_form(row, clean, seen)
        elif value.status:
            row = Mark(**key, **clean)
            session.add(row)
        session.flush()
        _settle(session, actor, cohort, on, slot, "taps", is_emptied=was_marked and not value.status)
        return row


def save_hours(actor: Actor, partition: str, entered: Mapping[Box, Entered]) -> None:
    """Save what was worked at the workplaces, all or nothing. No register of the centre is taken by it.

    Raises NotFound, NotAllowed, UnknownStatus, TooManyMinutes, NotYet.
    """
    for box, each in entered.items():
        rules.check_mark(each.value, box.slot)
        rules.check_day(each.value.status, box.on, clock.today())
    with write(actor) as session:
        for box, each in entered.items():
            thing = queries.enrolled_on(partition, box.apprentice_id, box.on) or session.get(
                Apprentice, {"partition": partition, "id": box.apprentice_id}
            )
            if thing is None:
                raise NotFound
            check(actor, "mark", thing)
            key = _key(partition, *box)
            _put(session, session.get(Mark, key), key, each.value, each.seen)


class Imported(NamedTuple):
    """What an import of marks did."""

    added: int
    corrected: int
    unchanged: int


def import_marks(actor: Actor, partition: str, rows: Iterable[MarkLine]) -> Imported:
    """Write the marks of a file in one transaction and note the registers they belong to as taken by import.

    Equal marks are no edits; of two lines for one apprentice, day and slot the later counts. Days to come and days
    without training are the file check's affair: here nothing is refused but unknown codes.
    Raises NotAllowed, UnknownStatus, TooManyMinutes.
    """
    check(actor, "import", partition)
    lines = {(line.apprentice_id, line.on, line.slot): line for line in rows}
    for line in lines.values():
        rules.check_mark(MarkValue(line.status, line.place, line.reason, line.minutes), line.slot)
    if not lines:
        return Imported(0, 0, 0)
    with write(actor) as session:
        days = [on for _, on, _ in lines]
        existing = queries.marks_between(partition, min(days), max(days))
        added, changed = [], 0
        for key, line in lines.items():
            value = MarkValue(line.status, line.place, line.reason, line.minutes)
            row = existing.get(key)
            if row is None:
                new = rules.corrected(rules.UNMARKED, value)
                apprentice_id, on, slot = key
                added.append(Mark(partition=partition, apprentice_id=apprentice_id, on=on, slot=slot, **new._asdict()))
            else:
                before = queries.value_of(row)
                changed += queries.value_of(_correct(row, value, None)) != before
        session.add_all(added)
        session.add_all(_registers_to_add(session, partition, lines))
        return Imported(len(added), changed, len(lines) - len(added) - changed)


def _registers_to_add(session: Session, partition: str, keys: Iterable[tuple[str, date, str]]) -> list[Register]:
    """The registers that these marks belong to and that were not taken yet, as taken by import."""
    keys = list(keys)
    cohorts = queries.cohorts_by_day(partition, {(apprentice_id, on) for apprentice_id, on, _ in keys})
    wanted = sorted({(cohort_id, on, slot) for apprentice_id, on, slot in keys for cohort_id in cohorts.get((apprentice_id, on), ())})
    days = [on for _, on, _ in keys]
    stored = session.scalars(select(Register).where(Register.partition == partition, Register.on.between(min(days), max(days))))
    known = {(row.cohort_id, row.on, row.slot): row for row in stored}
    for key in wanted:
        if key in known and known[key].status != rules.TAKEN:
            known[key].status, known[key].method = rules.TAKEN, "import"
    return [
        Register(partition=partition, cohort_id=cohort_id, on=on, slot=slot, status=rules.TAKEN, method="import")
        for cohort_id, on, slot in wanted
        if (cohort_id, on, slot) not in known
    ]
