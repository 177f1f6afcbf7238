"""What is typed to join a server and to invite a computer."""

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, URLField
from wtforms.validators import InputRequired, Length, Optional

from tracker.errors import N_
from tracker.i18n import _
from tracker.web import Form, PasswordField, ReadDayField

CENTRE, LAPTOP, COORDINATOR = "centre", "laptop", "coordinator"


class JoinForm(Form):
    """The server's address and the code that was read out."""

    url = URLField(
        N_("Address of the server"),
        [InputRequired(N_("Enter the address of the server."))],
        render_kw={"autocomplete": "off", "inputmode": "url"},
    )
    code = StringField(
        N_("Invitation code"),
        [InputRequired(N_("Enter the invitation code."))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class AnotherForm(Form):
    """The code for a further computer of the centre."""

    code = StringField(
        N_("Invitation code"),
        [InputRequired(N_("Enter the invitation code."))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class StopForm(Form):
    """A yes that nobody says by a slip of the hand."""

    sure = BooleanField(N_("I am sure"), [InputRequired(N_("Tick the box, or go back."))])


class InviteForm(Form):
    """Whom the code is for."""

    kind = RadioField(N_("Who is invited"), [InputRequired(N_("Choose who is invited."))], default=CENTRE)
    name = StringField(N_("Name"), [InputRequired(N_("Enter a name.")), Length(max=120)], render_kw={"autocomplete": "off"})
    regions = SelectMultipleField(N_("Region"), [Optional()], validate_choice=True)
    centre = SelectField(N_("Training centre"), [Optional()])

    def offer(self, regions: list[tuple[str, str]], centres: list[tuple[str, str]]) -> None:
        """Offer the regions and centres there are."""
        self.kind.choices = [
            (CENTRE, _("A new centre")),
            (LAPTOP, _("A further computer of a centre")),
            (COORDINATOR, _("A regional coordinator")),
        ]
        self.regions.choices = regions
        self.regions.flags.plain = self.centre.flags.plain = True  # which of them is asked for depends on who is invited
        self.centre.choices = [("", _("No centre")), *centres]

    def is_complete(self) -> bool:
        """Whether what this kind of invitation needs is there; notes what is missing beside its field."""
        if self.kind.data == CENTRE and len(self.regions.data or []) != 1:
            self.regions.errors = [N_("Choose the one region in which the centre lies.")]
        if self.kind.data == COORDINATOR and not self.regions.data:
            self.regions.errors = [N_("Choose at least one region.")]
        if self.kind.data == LAPTOP and not self.centre.data:
            self.centre.errors = [N_("Choose the centre.")]
        return not self.errors


class CentreForm(Form):
    """A centre that begins alone."""

    name = StringField(
        N_("Name of the centre"), [InputRequired(N_("Enter a name.")), Length(max=120)], render_kw={"autocomplete": "organization"}
    )
    short_name = StringField(
        N_("Short name"), [InputRequired(N_("Enter a short name.")), Length(max=30)], render_kw={"autocomplete": "off"}
    )
    region = SelectField(N_("Region"), [InputRequired(N_("Choose the region."))])


class CohortForm(Form):
    """The first cohort."""

    name = StringField(N_("Name of the cohort"), [InputRequired(N_("Enter a name.")), Length(max=120)], render_kw={"autocomplete": "off"})
    programme = SelectField(N_("Programme"), [InputRequired(N_("Choose the programme."))])
    starts_on = ReadDayField(N_("First day"), [InputRequired(N_("Enter the first day."))])


class FirstUserForm(Form):
    """The first person who can sign in, with a password of his own choice."""

    name = StringField(N_("Full name"), [InputRequired(N_("Enter the full name.")), Length(max=120)], render_kw={"autocomplete": "name"})
    username = StringField(
        N_("Username"),
        [InputRequired(N_("Enter a username."))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(N_("Password"), [InputRequired(N_("Enter your password."))], render_kw={"autocomplete": "new-password"})
