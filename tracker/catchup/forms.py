"""Forms of catching up: ways with their effect, an end before its time, new planned ends, packs, why something is withdrawn."""

from typing import Any

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired

from tracker.catchup import checks
from tracker.errors import N_
from tracker.web import DayField, Form


class WaysForm(Form):
    """Ways of catching up for a cohort."""

    longer_days = BooleanField(N_("Longer days"))
    more = StringField(N_("How much longer, in hours"), render_kw={"autocomplete": "off"})
    saturdays = BooleanField(N_("Saturdays are taught"))
    saturday = StringField(N_("Hours on a Saturday"), render_kw={"autocomplete": "off"})
    no_break = BooleanField(N_("The break between terms is taught"))
    since = DayField(N_("First day"), [InputRequired(checks.NO_DATE)])
    until = DayField(N_("Last day"))
    authority = StringField(N_("Announced by"))
    reference = StringField(N_("Reference"))


class StopForm(Form):
    """Why a way ends before its time, and on which day it was last carried out."""

    why = StringField(N_("Reason"), [InputRequired(checks.NoReason.sentence)])
    last_day = DayField(N_("Last day on which it was carried out"))


class WhyForm(Form):
    """Why something is withdrawn."""

    why = StringField(N_("Reason"), [InputRequired(checks.NoReason.sentence)])


class EndsForm(Form):
    """New planned ends; those of placements have fields of their own on the page."""

    cohort_end = DayField(N_("New end of the cohort"))
    announced_on = DayField(N_("Announced on"), [InputRequired(checks.NO_DATE)])
    closure_id = SelectField(N_("Because of which closure"))
    note = StringField(N_("Why, as the notice says it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closure_id.flags.plain = True


class PackForm(Form):
    """A remote pack for a cohort."""

    title = StringField(N_("Name of the pack"), [InputRequired(checks.NoTitle.sentence)])
    hours = StringField(N_("Hours of training that it is worth"), [InputRequired(checks.NoPackHours.sentence)])
    given_on = DayField(N_("Given on"), [InputRequired(checks.NO_DATE)])
