"""Forms of the placements' pages: open and correct, end, suspend, resume, set the roster, withdraw."""

from collections.abc import Sequence

from wtforms import Field, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.errors import N_
from tracker.hours import NoHours
from tracker.i18n import _, language, WEEKDAYS
from tracker.placements import rules
from tracker.web import DayField, Form


def _day(label: str, *, needed: str | None = None) -> Field:
    return DayField(label, [InputRequired(needed)] if needed else [])


class PlacementForm(Form):
    """A placement with its contract."""

    apprentice_id = SelectField(N_("Apprentice"), [InputRequired(rules.UnknownApprentice.sentence)])
    employer_id = SelectField(N_("Host employer"), [InputRequired(rules.UnknownEmployer.sentence)])
    starts_on = _day(N_("First day"), needed=rules.NoStart.sentence)
    ends_on = _day(N_("Last day"))
    supervisor = StringField(N_("Workplace supervisor"))
    department = StringField(N_("Department"))
    contract_signed_on = _day(N_("Contract signed on"))
    contract_registered_on = _day(N_("Contract registered on"))
    allowance_tzs = StringField(N_("Allowance per month in shillings"), render_kw={"inputmode": "numeric"})
    insurer = StringField(N_("Insurer"))

    def offer(self, apprentices: Sequence[tuple[str, str]], employers: Sequence[tuple[str, str]]) -> None:
        """Say who and what stands to choice: id and name each."""
        self.apprentice_id.choices = [("", _("Choose")), *apprentices]
        self.employer_id.choices = [("", _("Choose")), *employers]


class SuspendForm(Form):
    """A pause that a person decided."""

    since = _day(N_("First day of the pause"), needed=rules.NO_DATE)
    until = _day(N_("Last day of the pause"))
    reason = SelectField(N_("Reason"), [InputRequired(rules.NoReason.sentence)])

    def offer(self) -> None:
        """Word the reasons."""
        self.reason.choices = [(code, _(sentence)) for code, sentence in rules.REASONS.items()]


class DayForm(Form):
    """The first day back, or the last day."""

    on = _day(N_("Date"), needed=rules.NO_DATE)


class RosterForm(Form):
    """The days of a week and the hours a day, from a date on."""

    since = _day(N_("From"), needed=rules.NO_DATE)
    weekdays = SelectMultipleField(N_("Days of work"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    hours = StringField(N_("Hours a day"), [InputRequired(NoHours.sentence)], render_kw={"autocomplete": "off"})

    def offer(self) -> None:
        """Name the days."""
        self.weekdays.choices = list(zip(rules.WEEKDAYS, WEEKDAYS[language()], strict=True))


class WhyForm(Form):
    """Why something is withdrawn."""

    why = StringField(N_("Reason"), [InputRequired(rules.NoReason.sentence)])
