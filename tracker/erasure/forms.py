"""Why, and who: what is typed before a person is erased."""

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language
from tracker.web import Form


class EraseForm(Form):
    """A reason from the list, and the admission number once more."""

    reason = SelectField(N_("Reason"), [InputRequired(N_("Choose the reason."))])
    typed = StringField(
        N_("Type it here"),
        [InputRequired(N_("Type what stands above, so that the right person is erased.")), Length(max=200)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    def offer(self) -> None:
        """Offer the reasons."""
        self.reason.choices = [("", _("Choose the reason.")), *tz.choices("erasure_reasons", language())]
