"""What is typed about closures, reopenings, weeks and holidays -> clean values."""

from tracker import inputs
from tracker.calendar.checks import NO_DATE, NO_MEANWHILE, NO_PLACE, NO_REASON


class NoticeSchema(inputs.Sheet):
    """A notice of a closure."""

    since = inputs.Day(needed=NO_DATE)
    expected_until = inputs.Day()
    authority = inputs.Text()
    source = inputs.Text()
    reference = inputs.Text()


class ExtensionSchema(inputs.Sheet):
    """A new expected end; nothing typed: until further notice."""

    expected_until = inputs.Day()
    authority = inputs.Text()
    source = inputs.Text()
    reference = inputs.Text()


class ClosureSchema(NoticeSchema):
    """A closure with its first notice."""

    place = inputs.Text(needed=NO_PLACE)
    sites = inputs.Text()
    reason = inputs.Text()
    meanwhile = inputs.CodeOf("meanwhile_kinds", NO_MEANWHILE)
    note = inputs.Text()


class CorrectionSchema(inputs.Sheet):
    """Reason and note of a closure, and what goes on meanwhile."""

    reason = inputs.Text()
    meanwhile = inputs.CodeOf("meanwhile_kinds", NO_MEANWHILE)
    note = inputs.Text()


class ReopeningSchema(inputs.Sheet):
    """A reopening, or the permission for one."""

    place = inputs.Text(needed=NO_PLACE)
    sites = inputs.Text()
    kind = inputs.Text()
    since = inputs.Day(needed=NO_DATE)
    closure_id = inputs.Text()
    share_percent = inputs.Whole(1, 99)
    conditions = inputs.Text()


class WhySchema(inputs.Sheet):
    """Why something is withdrawn."""

    why = inputs.Text(needed=NO_REASON)


class WeekSchema(inputs.Sheet):
    """The first day of a weekly pattern, where it is kept, and how long the halves of its days are."""

    since = inputs.Day(needed=NO_DATE)
    campus_id = inputs.Text()
    am_minutes = inputs.Hours()
    pm_minutes = inputs.Hours()


class BreakSchema(inputs.Sheet):
    """A break between terms. place: `campus:<id>`, `cohort:<id>`, or nothing for the whole centre."""

    name = inputs.Text()
    since = inputs.Day(needed=NO_DATE)
    until = inputs.Day(needed=NO_DATE)
    place = inputs.Text()


class HolidaySchema(inputs.Sheet):
    """A correction of a holiday."""

    on = inputs.Day(needed=NO_DATE)
    name = inputs.Text()
    jurisdiction = inputs.Text()
