"""Forms and schemas of leave and follow-ups."""

from typing import Any

from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from tracker import inputs
from tracker.attendance.absence_rules import SayWhy, UnknownChoice
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import language
from tracker.web import DayField, Form

NO_FIRST = N_("Enter the first day of the leave.")
NO_LAST = N_("Enter the last day of the leave.")
NO_REASON = N_("Please say why.")
NO_DAY = N_("Enter the day on which you tried to reach the apprentice.")


class LeaveForm(Form):
    """Leave given beforehand."""

    since = DayField(N_("First day"), [InputRequired(NO_FIRST)])
    until = DayField(N_("Last day"), [InputRequired(NO_LAST)])
    reason = StringField(N_("Reason"), [InputRequired(NO_REASON)])


class LeaveSchema(inputs.Sheet):
    """The same, clean."""

    since = inputs.Day(needed=NO_FIRST)
    until = inputs.Day(needed=NO_LAST)
    reason = inputs.Text(needed=NO_REASON)


class FollowUpForm(Form):
    """An attempt to reach an apprentice or his guardian."""

    on = DayField(N_("Date"), [InputRequired(NO_DAY)])
    means = RadioField(N_("How did you try?"), [InputRequired(UnknownChoice.sentence)])
    outcome = RadioField(N_("What came of it?"), [InputRequired(UnknownChoice.sentence)])
    expected_on = DayField(N_("Will come on"))
    note = StringField(N_("Note"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.means.choices = tz.choices("follow_up_means", language())
        self.outcome.choices = tz.choices("follow_up_outcomes", language())


class FollowUpSchema(inputs.Sheet):
    """The same, clean."""

    on = inputs.Day(needed=NO_DAY)
    means = inputs.CodeOf("follow_up_means", UnknownChoice.sentence, needed=UnknownChoice.sentence)
    outcome = inputs.CodeOf("follow_up_outcomes", UnknownChoice.sentence, needed=UnknownChoice.sentence)
    expected_on = inputs.Day()
    note = inputs.Text()


class WhyForm(Form):
    """Why something is withdrawn."""

    why = StringField(N_("Reason"), [InputRequired(SayWhy.sentence)])


class WhySchema(inputs.Sheet):
    """The same, clean."""

    why = inputs.Text(needed=SayWhy.sentence)
