"""What is typed about a host employer; what is valid, the schema says."""

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import language
from tracker.web import Form

OFF = {"autocomplete": "off"}


class EmployerForm(Form):
    """A host employer."""

    name = StringField(N_("Name"), [InputRequired(N_("Enter the name of the employer."))], render_kw=OFF)
    sector = SelectField(N_("Sector"), validate_choice=False)
    district = StringField(N_("District"), render_kw={"autocomplete": "off", "list": "districts"})
    phone = StringField(N_("Phone number"), render_kw={"type": "tel", "autocomplete": "off"})
    contact = StringField(N_("Contact person"), render_kw=OFF)
    departments = StringField(N_("Departments"), render_kw=OFF)
    capacity = StringField(N_("How many apprentices it takes"), render_kw={"inputmode": "numeric", "autocomplete": "off"})

    def offer(self, now: str | None = None) -> None:
        """Offer the sectors, and what stands there now."""
        strange = [(now, now)] if now and not tz.has_code("sectors", now) else []
        self.sector.choices = [("", "–"), *tz.choices("sectors", language()), *strange]
