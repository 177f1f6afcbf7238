"""What is typed about a centre and its campuses; what is valid, the schemas say."""

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import language
from tracker.web import Form


class CampusForm(Form):
    """Name and place. Districts are typed, with suggestions: the list may lag behind the country."""

    name = StringField(N_("Name"), [InputRequired(N_("Enter the name."))], render_kw={"autocomplete": "off"})
    region = SelectField(N_("Region"), [InputRequired(N_("Choose the region."))], validate_choice=False)
    district = StringField(N_("District"), render_kw={"autocomplete": "off", "list": "districts"})

    def offer(self, now: str | None = None) -> None:
        """Offer the regions, and what stands there now."""
        known = tz.choices("regions", language())
        strange = [(now, now)] if now and not tz.has_code("regions", now) else []
        self.region.choices = [("", "–"), *known, *strange]


class CentreForm(CampusForm):
    """The profile of a centre."""

    short_name = StringField(
        N_("Short name"), [InputRequired(N_("Enter a short name; it stands at the top of every page."))], render_kw={"autocomplete": "off"}
    )
    aliases = StringField(N_("Earlier and other names"), render_kw={"autocomplete": "off"})
    phone = StringField(N_("Phone number"), render_kw={"type": "tel", "autocomplete": "off"})
