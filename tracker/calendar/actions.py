"""What people do with the calendar: announce, choose, withdraw, permit, reopen; weekly patterns, holidays, days taught anyway."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from tracker.calendar import checks, queries
from tracker.calendar.models import Break, Closure, HolidayCorrection, Notice, Resumption, TaughtDay, WeeklyPattern
from tracker.calendar.rules import ClosureFact, DayKind, NoticeFact, ResumptionKind, Scope
from tracker.clock import today
from tracker.country import tz
from tracker.db import add_once, apply_form, row_for, said_already, void, write
from tracker.errors import NotFound
from tracker.people.models import Cohort
from tracker.policy import Actor, check, NATION
from tracker.scans import actions as scans

# ---- closures


def close(
    actor: Actor,
    partition: str,
    scope_kind: str,
    scope_code: str | None,
    sites: str,
    reason: str,
    since: date,
    expected_until: date | None = None,
    *,
    source: str = "",
    authority: str = "",
    reference: str = "",
    note: str = "",
    meanwhile: str = "",
    photo: bytes = b"",
) -> Closure:
    """Close something from `since` on, with the first notice. It stays closed until somebody reopens it.

    The same closure once more, as a second press on the button sends it, is that which stands already.

    scope_code  None for the nation; of a centre, the part of its partition behind `centre/`
    meanwhile   code of `meanwhile_kinds`: what training goes on; empty where nobody said it
    photo       a picture of the notice, if there is one
    Raises NotAllowed, ScopeOutside, UnknownSites, NoOwnWorkplaces, FarDate, EndsBeforeItBegins, and what `scans.actions.keep` raises.
    """
    with write(actor) as session:
        proposed(actor, partition, scope_kind, scope_code, sites, since, expected_until)
        closure = Closure(
            partition=partition,
            scope_kind=scope_kind,
            scope_code=scope_code,
            sites=sites,
            reason=reason,
            meanwhile=meanwhile or None,
            note=note.strip() or None,
        )
        said = (since, expected_until, source, authority, reference)
        for known in said_already(closure):
            if said_already(_notice(known, *said)):
                return known
        session.add(closure)
        notice = _notice(closure, *said)
        session.add(notice)
        _keep(actor, notice, photo)
        return closure


def proposed(
    actor: Actor, partition: str, scope_kind: str, scope_code: str | None, sites: str, since: date, expected_until: date | None = None
) -> ClosureFact:
    """The closure that `close` would record, to ask what it touches. Writes nothing.

    Raises NotAllowed, ScopeOutside, UnknownSites, NoOwnWorkplaces, FarDate, EndsBeforeItBegins.
    """
    check(actor, "close", partition)
    _check_scope(partition, scope_kind, scope_code, sites)
    checks.check_dates(since, expected_until, today())
    notice = NoticeFact("proposed", "", "", since, expected_until)
    return ClosureFact("proposed", partition, Scope(scope_kind, scope_code), sites, "", (notice,))


def _keep(actor: Actor, notice: Notice, photo: bytes) -> None:
    if photo:
        scans.keep(actor, notice.partition, notice.id, photo)


def _check_scope(partition: str, scope_kind: str, scope_code: str | None, sites: str) -> None:
    codes = {kind: frozenset(known) for kind, known in queries.codes_in(partition).items()}
    checks.check_scope(partition, scope_kind, scope_code, codes)
    checks.check_sites(scope_kind, sites)


def _notice(closure: Closure, since: date, expected_until: date | None, source: str, authority: str, reference: str) -> Notice:
    return Notice(
        partition=closure.partition,
        closure_id=closure.id,
        source=source.strip() or None,
        authority=authority.strip() or None,
        since=since,
        expected_until=expected_until,
        reference=reference.strip() or None,
    )


def correct_closure(actor: Actor, closure_id: str, values: Mapping[str, object], seen: str | None) -> Closure:
    """Change the reason, the note or what goes on meanwhile; raises NotFound, NotAllowed."""
    with write(actor):
        closure = queries.closure_for(actor, closure_id, "close")
        apply_form(closure, {name: values[name] for name in ("reason", "meanwhile", "note") if name in values}, seen)
        return closure


def withdraw_closure(actor: Actor, closure_id: str, reason: str) -> Closure:
    """Say that a closure never was; raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        closure = queries.closure_for(actor, closure_id, "close")
        void(closure, checks.check_reason(reason))
        return closure


def restore_closure(actor: Actor, closure_id: str) -> Closure:
    """Take the withdrawal of a closure back; raises NotFound, NotAllowed."""
    with write(actor):
        closure = queries.closure_for(actor, closure_id, "close")
        void(closure, None)
        return closure


# ---- notices


def add_notice(
    actor: Actor,
    closure_id: str,
    since: date,
    expected_until: date | None = None,
    *,
    source: str = "",
    authority: str = "",
    reference: str = "",
    counts: bool = False,
    photo: bytes = b"",
) -> Notice:
    """Put another notice beside those a closure has; `counts` chooses it, `photo` is a picture of it.

    While nobody has chosen, the earliest begin counts. Raises NotFound, NotAllowed, FarDate, EndsBeforeItBegins, and what
    `scans.actions.keep` raises.
    """
    with write(actor):
        closure = queries.closure_for(actor, closure_id, "close")
        checks.check_dates(since, expected_until, today())
        notice = add_once(_notice(closure, since, expected_until, source, authority, reference))
        _keep(actor, notice, photo)
        if counts:
            closure.chosen_notice_id = notice.id
        return notice


def correct_notice(actor: Actor, notice_id: str, values: Mapping[str, object], seen: str | None, photo: bytes = b"") -> Notice:
    """Correct what was typed of a notice, or add a picture of it.

    Raises NotFound, NotAllowed, FarDate, EndsBeforeItBegins, and what `scans.actions.keep` raises.
    """
    with write(actor):
        notice = queries.notice_for(actor, notice_id, "close")
        since, until = values.get("since", notice.since), values.get("expected_until", notice.expected_until)
        if isinstance(since, date):
            checks.check_dates(since, until if isinstance(until, date) else None, today())
        apply_form(notice, values, seen)
        _keep(actor, notice, photo)
        return notice


def extend(
    actor: Actor,
    closure_id: str,
    expected_until: date | None,
    *,
    source: str = "",
    authority: str = "",
    reference: str = "",
    photo: bytes = b"",
) -> Notice:
    """Extend a closure: a new notice from the same day, which counts from now on; the old one stays readable.

    expected_until  None: until further notice
    Raises as `add_notice`, and NoNoticeCounts.
    """
    with write(actor):
        since = queries.story_for(actor, closure_id).since
        if since is None:
            raise checks.NoNoticeCounts
        about = {"source": source, "authority": authority, "reference": reference}
        return add_notice(actor, closure_id, since, expected_until, **about, counts=True, photo=photo)


def choose_notice(actor: Actor, notice_id: str) -> Closure:
    """Say which of a closure's notices counts; raises NotFound, NotAllowed, WithdrawnNotice."""
    with write(actor):
        notice = queries.notice_for(actor, notice_id, "close")
        if notice.void_reason is not None:
            raise checks.WithdrawnNotice
        closure = queries.closure_for(actor, notice.closure_id or "", "close")
        closure.chosen_notice_id = notice.id
        return closure


def withdraw_notice(actor: Actor, notice_id: str, reason: str) -> Notice:
    """Withdraw a notice; if it counted, the earliest of the others does. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        notice = queries.notice_for(actor, notice_id, "close")
        void(notice, checks.check_reason(reason))
        return notice


def withdraw_photo(actor: Actor, scan_id: str, reason: str) -> Notice:
    """Withdraw a photo of a notice. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        notice = queries.notice_of_photo(actor, scan_id, "close")
        scans.withdraw(actor, scan_id, checks.check_reason(reason))
        return notice


# ---- resumptions


def permit(
    actor: Actor,
    partition: str,
    since: date,
    scope_kind: str,
    scope_code: str | None,
    sites: str,
    closure_id: str | None = None,
    *,
    conditions: str = "",
    share_percent: int | None = None,
) -> list[Resumption]:
    """Record that reopening is permitted from a day on; this opens nothing yet. One row per closure in force, or for one.

    Raises as `reopen`.
    """
    terms = _Terms(ResumptionKind.PERMITTED, closure_id, conditions, share_percent)
    return _resume(actor, partition, since, Scope(scope_kind, scope_code), sites, terms)


def reopen(
    actor: Actor,
    partition: str,
    since: date,
    scope_kind: str,
    scope_code: str | None,
    sites: str,
    closure_id: str | None = None,
    *,
    conditions: str = "",
    share_percent: int | None = None,
) -> list[Resumption]:
    """Open again: `since` is the first open day. One row per closure in force there, whoever announced it, or for one.

    share_percent  how many of the apprentices may come on one day; None: all
    Raises NotAllowed, ScopeOutside, UnknownSites, NoOwnWorkplaces, UnknownShare, FarDate, NothingClosed, ReopensBeforeClosing,
    OpensNothing, NotFound.
    """
    terms = _Terms(ResumptionKind.REOPENED, closure_id, conditions, share_percent)
    return _resume(actor, partition, since, Scope(scope_kind, scope_code), sites, terms)


def resume_by_cohort(
    actor: Actor,
    partition: str,
    since_by_cohort: Mapping[str, date],
    sites: str,
    closure_id: str | None = None,
    *,
    kind: str = ResumptionKind.REOPENED,
    conditions: str = "",
    share_percent: int | None = None,
) -> list[Resumption]:
    """Open cohorts again, each from its own day, or permit it; all or none. Rows by day.

    since_by_cohort  first open day by id of the cohort
    Raises as `reopen`, and NobodyReopens.
    """
    if not since_by_cohort:
        raise checks.NobodyReopens
    terms = _Terms(ResumptionKind(kind), closure_id, conditions, share_percent)
    with write(actor):
        phases = sorted((since, cohort) for cohort, since in since_by_cohort.items())
        return [row for since, cohort in phases for row in _resume(actor, partition, since, Scope("cohort", cohort), sites, terms)]


class _Terms(NamedTuple):
    kind: ResumptionKind
    closure_id: str | None
    conditions: str
    share_percent: int | None


def _resume(actor: Actor, partition: str, since: date, scope: Scope, sites: str, terms: _Terms) -> list[Resumption]:
    with write(actor):
        check(actor, "close", partition)
        _check_scope(partition, scope.kind, scope.code, sites)
        checks.check_near(since, today())
        checks.check_share(terms.share_percent)
        answered = [terms.closure_id] if terms.closure_id else queries.closed_by(actor, partition, scope, sites, since)
        about = {
            "scope_kind": str(scope.kind),
            "scope_code": scope.code,
            "sites": str(sites),
            "kind": terms.kind.value,
            "since": since,
            "conditions": terms.conditions.strip() or None,
            "share_percent": terms.share_percent,
        }
        if not answered and (again := queries.resumptions_saying(partition, about)):
            return again
        if not answered:
            raise checks.NothingClosed(on=since)
        for each in answered:
            begun = queries.story_for(actor, each, partition).since
            if begun is None:
                raise checks.NoNoticeCounts
            checks.check_resumes(begun, since)
            if not queries.reaches(actor, partition, each, scope, sites):
                raise checks.OpensNothing
        return [add_once(Resumption(partition=partition, closure_id=each, **about)) for each in answered]


def withdraw_resumption(actor: Actor, resumption_id: str, reason: str) -> Resumption:
    """Take a permission or an opening back; raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        resumption = queries.resumption_for(actor, resumption_id, "close")
        void(resumption, checks.check_reason(reason))
        return resumption


# ---- weekly patterns


def set_weekly_pattern(
    actor: Actor,
    partition: str,
    since: date,
    weekdays: str,
    campus_id: str | None = None,
    *,
    am_minutes: int | None = None,
    pm_minutes: int | None = None,
) -> WeeklyPattern:
    """Say on which weekdays training takes place from a day on, and how long; the past keeps its own pattern.

    weekdays                "12345": 1 = Monday .. 7 = Sunday
    campus_id               None: all campuses
    am_minutes, pm_minutes  of the halves of a day; None: as usual
    Raises NotAllowed, NotFound, NoWeekdays, FarDate.
    """
    with write(actor) as session:
        check(actor, "close", partition)
        checks.check_near(since, today())
        weekdays = checks.check_weekdays(weekdays)
        if campus_id and campus_id not in queries.codes_in(partition).get("campus", {}):
            raise NotFound
        known = [row for row in queries.weekly_patterns(partition) if row.since == since and (row.campus_id or None) == (campus_id or None)]
        if known:
            pattern = known[-1]
        else:
            pattern = WeeklyPattern(partition=partition, campus_id=campus_id or None, since=since)
            session.add(pattern)
        pattern.weekdays, pattern.am_minutes, pattern.pm_minutes = weekdays, am_minutes, pm_minutes
        return pattern


def withdraw_weekly_pattern(actor: Actor, pattern_id: str, reason: str) -> WeeklyPattern:
    """Withdraw a pattern: the one before it goes on. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        pattern = queries.pattern_for(actor, pattern_id, "close")
        void(pattern, checks.check_reason(reason))
        return pattern


# ---- breaks between terms


def add_break(
    actor: Actor, partition: str, since: date, until: date, name: str = "", *, campus_id: str | None = None, cohort_id: str | None = None
) -> Break:
    """Say that nobody of a centre, a campus or a cohort is taught from `since` to `until`, both included.

    Raises NotAllowed, NotFound, FarDate, BreakBackwards, BreakTooLong.
    """
    with write(actor):
        check(actor, "close", partition)
        checks.check_break(since, until, today())
        _check_of(partition, campus_id, cohort_id)
        row = Break(
            partition=partition,
            since=since,
            until=until,
            name=name.strip() or None,
            campus_id=campus_id or None,
            cohort_id=cohort_id or None,
        )
        return add_once(row)


def correct_break(actor: Actor, break_id: str, values: Mapping[str, object], seen: str | None) -> Break:
    """Correct what was typed of a break; raises NotFound, NotAllowed, FarDate, BreakBackwards, BreakTooLong."""
    with write(actor):
        row = queries.break_for(actor, break_id, "close")
        since, until = values.get("since", row.since), values.get("until", row.until)
        if isinstance(since, date) and isinstance(until, date):
            checks.check_break(since, until, today())
        campus_id, cohort_id = values.get("campus_id", row.campus_id), values.get("cohort_id", row.cohort_id)
        _check_of(row.partition, campus_id, cohort_id)
        apply_form(row, values, seen)
        return row


def _check_of(partition: str, campus_id: object, cohort_id: object) -> None:
    codes = queries.codes_in(partition)
    if (campus_id and campus_id not in codes.get("campus", {})) or (cohort_id and cohort_id not in codes.get("cohort", {})):
        raise NotFound


def withdraw_break(actor: Actor, break_id: str, reason: str) -> Break:
    """Withdraw a break: its days are days of training again. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        row = queries.break_for(actor, break_id, "close")
        void(row, checks.check_reason(reason))
        return row


# ---- holidays


def correct_holiday(actor: Actor, jurisdiction: str | None, on: date, name: str, *, is_holiday: bool) -> HolidayCorrection:
    """Central: add a holiday, confirm an estimate, or say that a day is none. One correction per day and jurisdiction.

    jurisdiction  None: the whole country
    name          may be empty where the pack knows the day
    Raises NotAllowed, UnknownJurisdiction, NoName, FarDate.
    """
    with write(actor) as session:
        check(actor, "edit-holidays", NATION)
        checks.check_near(on, today())
        if jurisdiction is not None and not tz.has_code("jurisdictions", jurisdiction):
            raise checks.UnknownJurisdiction
        name = name.strip()
        where = [jurisdiction] if jurisdiction else [tz.MAINLAND, tz.ZANZIBAR]
        if is_holiday and not name and not any(tz.holidays_between(on, on, each) for each in where):
            raise checks.NoName
        known = [row for row in queries.corrections() if row.on == on and row.jurisdiction == jurisdiction]
        row = known[-1] if known else HolidayCorrection(partition=NATION, jurisdiction=jurisdiction, on=on)
        row.name, row.is_holiday = name or None, is_holiday
        session.add(row)
        return row


def withdraw_correction(actor: Actor, correction_id: str, reason: str) -> HolidayCorrection:
    """Withdraw a correction of a holiday; raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        row = queries.correction_for(actor, correction_id, "edit-holidays")
        void(row, checks.check_reason(reason))
        return row


# ---- days taught anyway


def teach_anyway(actor: Actor, cohort_id: str, on: date, reason: str) -> TaughtDay:
    """Confirm that a cohort is taught on a day without training, so that its marks count.

    Raises NotFound, NotAllowed, NoReason, AlreadyTraining.
    """
    (row,) = decide_days(actor, [(cohort_id, on)], reason)
    return row


def decide_days(actor: Actor, days: Iterable[tuple[str, date]], reason: str, *, decision: str | None = None) -> list[TaughtDay]:
    """Decide what the marks of days without training are, all days or none; an earlier decision is replaced.

    days      cohort id and day
    decision  None: the cohort was taught anyway, and they count; MISTAKE: they were entered by mistake, and never count
    Raises NotFound, NotAllowed, NoReason, AlreadyTraining.
    """
    with write(actor) as session:
        reason = checks.check_reason(reason)
        calendars: dict[str, queries.Calendar] = {}
        rows = []
        for cohort_id, on in days:
            cohort = row_for(Cohort, actor, cohort_id, "mark")
            row = session.get(TaughtDay, {"partition": cohort.partition, "cohort_id": cohort.id, "on": on})
            if row is None:
                if cohort.partition not in calendars:
                    calendars[cohort.partition] = queries.calendar_for(actor, cohort.partition)
                if calendars[cohort.partition].day(cohort, on).kind == DayKind.TRAINING:
                    raise checks.AlreadyTraining(on=on)
                row = TaughtDay(partition=cohort.partition, cohort_id=cohort.id, on=on, reason=reason, decision=decision)
                session.add(row)
            else:
                row.reason, row.decision = reason, decision
                void(row, None)
            rows.append(row)
        return rows


def withdraw_taught_day(actor: Actor, cohort_id: str, on: date, reason: str) -> TaughtDay:
    """Take back what was decided about a day without training; its marks are kept, and count no longer.

    Raises NotFound, NotAllowed, NoReason.
    """
    with write(actor) as session:
        cohort = row_for(Cohort, actor, cohort_id, "mark")
        row = session.get(TaughtDay, {"partition": cohort.partition, "cohort_id": cohort.id, "on": on})
        if row is None:
            raise NotFound
        void(row, checks.check_reason(reason))
        return row
