"""Forms of the calendar's pages: close, announce, extend, reopen, withdraw, week, holiday."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.calendar import checks, words
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language, WEEKDAYS
from tracker.web import DayField, Form


def _day(label: str, *, needed: bool = True) -> Field:
    return DayField(label, [InputRequired(checks.NO_DATE)] if needed else [])


class _Begin(Form):
    since = _day(N_("First closed day"))


class _ExpectedEnd(Form):
    expected_until = _day(N_("Expected end"), needed=False)


class _NewEnd(Form):
    expected_until = _day(N_("New expected end"), needed=False)


class _NoticeFields(Form):
    authority = StringField(N_("Announced by"))
    source = StringField(N_("Source"))
    reference = StringField(N_("Reference"))
    photo = FileField(N_("Photo of the notice"), render_kw={"accept": "image/jpeg,image/png", "data-module": "photo"})


class NoticeForm(_Begin, _ExpectedEnd, _NoticeFields):
    """Another notice of a closure, or a correction of one."""


class AddNoticeForm(NoticeForm):
    """A further notice."""

    counts = BooleanField(N_("This notice counts from now on"))


class ExtendForm(_NewEnd, _NoticeFields):
    """A new expected end."""


class _PlaceFields(Form):
    place = SelectField(N_("Place"), [InputRequired(checks.NO_PLACE)])
    sites = RadioField(N_("What is meant"), [InputRequired(checks.NO_PLACE)])

    def offer(self, places: list[tuple[str, str]]) -> None:
        """Say which places stand to choice."""
        self.place.choices = places
        self.sites.choices = tz.choices("closure_sites", language())


class _ReasonFields(Form):
    reason = SelectField(N_("Reason"), [InputRequired(checks.NO_REASON)])
    meanwhile = SelectField(N_("What goes on meanwhile"), validate_choice=False)
    note = TextAreaField(N_("Note"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _with_shown(self.reason, tz.choices("closure_reasons", language()))
        self.meanwhile.choices = _with_shown(self.meanwhile, [("", _("Not said")), *tz.choices("meanwhile_kinds", language())])


def _with_shown(field: Field, known: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices of a field. A code from a newer version stays what it is unless somebody chooses another."""
    shown = field.object_data
    return known if not shown or shown in dict(known) else [*known, (shown, shown)]


class CloseForm(_PlaceFields, NoticeForm, _ReasonFields):
    """A closure with its first notice."""


class CorrectForm(_ReasonFields):
    """Reason and note of a closure, and what goes on meanwhile."""


class ReopenForm(_PlaceFields):
    """A reopening, or the permission for one."""

    kind = RadioField(N_("What happens"), [InputRequired(checks.NO_REASON)])
    since = _day(N_("First open day"))
    closure_id = SelectField(N_("Which closure"))
    share_percent = SelectField(N_("How many may come on one day"), validate_choice=False)
    conditions = TextAreaField(N_("Conditions"))

    def offer(self, places: list[tuple[str, str]]) -> None:
        """Say which places and kinds stand to choice."""
        super().offer(places)
        for each in (self.closure_id, self.share_percent):
            each.flags.plain = True
        self.share_percent.choices = [("", words.share(None)), *((str(percent), words.share(percent)) for percent in words.SHARES)]
        self.kind.choices = [(code, words.label("resumption_kinds", code)) for code in ("reopened", "permitted")]


class WhyForm(Form):
    """Why something is withdrawn."""

    why = StringField(N_("Reason"), [InputRequired(checks.NO_REASON)])


class WeekForm(Form):
    """The training days of a week, and how long their halves are."""

    since = _day(N_("From"))
    campus_id = SelectField(N_("Campus"))
    am_minutes = StringField(N_("Hours of the morning"), render_kw={"autocomplete": "off"})
    pm_minutes = StringField(N_("Hours of the afternoon"), render_kw={"autocomplete": "off"})
    weekdays = SelectMultipleField(N_("Training days"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campus_id.flags.plain = True
        self.weekdays.choices = [(str(number), name) for number, name in enumerate(WEEKDAYS[language()], 1)]


class BreakForm(Form):
    """A break between terms: who is not taught, and from when to when."""

    name = StringField(N_("Name of the break"))
    since = _day(N_("First day of the break"))
    until = _day(N_("Last day of the break"))
    place = SelectField(N_("Who is not taught"))

    def offer(self, places: list[tuple[str, str]]) -> None:
        """Say which campuses and cohorts stand to choice."""
        self.place.flags.plain = True
        self.place.choices = places


class HolidayForm(Form):
    """A correction of a holiday."""

    on = _day(N_("Date"))
    kind = RadioField(N_("What the day is"), [InputRequired(checks.NO_REASON)])
    name = StringField(N_("Name of the holiday"))
    jurisdiction = SelectField(N_("Where"))
