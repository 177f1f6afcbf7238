"""What the central office types about a programme."""

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import language
from tracker.web import Form

NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class ProgrammeForm(Form):
    """A programme."""

    code = StringField(
        N_("Code"), [InputRequired(N_("Enter a code, such as hotel-24m."))], render_kw={"autocomplete": "off", "autocapitalize": "none"}
    )
    name_sw = StringField(N_("Name in Kiswahili"), [InputRequired(N_("Enter the name in Kiswahili."))], render_kw={"autocomplete": "off"})
    name_en = StringField(N_("Name in English"), render_kw={"autocomplete": "off"})
    award = SelectField(N_("Award"), validate_choice=False)
    months = StringField(N_("Months"), [InputRequired(N_("Enter the number of months."))], render_kw=NUMBER)
    centre_weeks = StringField(N_("Weeks at the centre"), render_kw=NUMBER)
    workplace_weeks = StringField(N_("Weeks at the workplace"), render_kw=NUMBER)
    threshold_percent = StringField(N_("Lowest attendance for the award (%)"), render_kw=NUMBER)

    def offer(self, now: str | None = None) -> None:
        """Offer the awards, and what stands there now."""
        strange = [(now, now)] if now and not tz.has_code("awards", now) else []
        self.award.choices = [("", "–"), *tz.choices("awards", language()), *strange]
