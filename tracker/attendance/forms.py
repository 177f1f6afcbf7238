"""Forms of the register's pages: one mark in full, and the reason why a closed day was taught."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from tracker.attendance import rules, words
from tracker.calendar.queries import MISTAKE
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language
from tracker.web import Form

TAUGHT = "taught"


def _with(shown: str | None, known: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices, and the code that is shown: one from a newer version stays what it is unless somebody chooses another."""
    return known if not shown or shown in dict(known) else [*known, (shown, shown)]


class MarkForm(Form):
    """A whole mark: what, where, why, how long."""

    status = RadioField(N_("Attendance"))
    place = SelectField(N_("Place"))
    reason = StringField(N_("Reason"), [Optional(), Length(max=200, message=N_("Please write no more than 200 letters."))])
    minutes = IntegerField(
        N_("Minutes attended"), [Optional(), NumberRange(0, rules.DAY_MINUTES, N_("The minutes attended must be between 0 and 1440."))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status.choices = _with(
            self.status.object_data, [("", words.word_of(None)), *((each.status, each.word) for each in words.choices())]
        )
        self.place.choices = _with(self.place.object_data, tz.choices("places", language()))

    def values(self) -> dict[str, Any]:
        """Clean values by field; a reason that is a word of the list becomes its code."""
        reason = (self.reason.data or "").strip()
        return {
            "status": self.status.data or None,
            "place": self.place.data,
            "reason": tz.code_of("excuse_reasons", reason) or reason or None if reason else None,
            "minutes": self.minutes.data,
        }


class TaughtForm(Form):
    """Why a cohort is taught although no training is due."""

    reason = StringField(
        N_("Why was there training on this day?"),
        [InputRequired(N_("Please say why.")), Length(max=200, message=N_("Please write no more than 200 letters."))],
    )


class TapFileForm(Form):
    """The file of a phone whose marks could not be sent."""

    file = FileField(
        N_("File from the phone"), [FileRequired(N_("Choose a file."))], render_kw={"accept": ".json,application/json", "required": True}
    )


class DecisionForm(Form):
    """What the marks of days without training are, and why."""

    everything = BooleanField(N_("All days of this list"))
    decision = RadioField(N_("What are these marks?"), [InputRequired(N_("Choose whether there was training on these days."))])
    reason = StringField(N_("Reason"), [InputRequired(N_("Say why."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decision.choices = [
            (TAUGHT, _("We taught anyway: the marks count")),
            (MISTAKE, _("Entered by mistake: the marks are kept, and never count")),
        ]
