"""What is typed about catching up -> clean values."""

from tracker import inputs
from tracker.catchup.checks import NO_DATE, NoPackHours, NoReason, NoTitle


class WaysSchema(inputs.Sheet):
    """Ways of catching up, apart from which of them are chosen."""

    more = inputs.Hours()
    saturday = inputs.Hours()
    since = inputs.Day(needed=NO_DATE)
    until = inputs.Day()
    authority = inputs.Text()
    reference = inputs.Text()


class StopSchema(inputs.Sheet):
    """Why a way ends, and when it was last carried out."""

    why = inputs.Text(needed=NoReason.sentence)
    last_day = inputs.Day()


class WhySchema(inputs.Sheet):
    """Why something is withdrawn."""

    why = inputs.Text(needed=NoReason.sentence)


class EndsSchema(inputs.Sheet):
    """New planned ends."""

    cohort_end = inputs.Day()
    announced_on = inputs.Day(needed=NO_DATE)
    closure_id = inputs.Text()
    note = inputs.Text()


class PackSchema(inputs.Sheet):
    """A remote pack: whole hours, since a pack may be worth weeks."""

    title = inputs.Text(needed=NoTitle.sentence)
    hours = inputs.Whole(1, 1000, needed=NoPackHours.sentence)
    given_on = inputs.Day(needed=NO_DATE)


class EndSchema(inputs.Sheet):
    """The new end of one placement; nothing typed: it stays."""

    ends_on = inputs.Day()
