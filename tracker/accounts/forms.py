"""What is typed to sign in and to keep the accounts."""

from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from tracker.accounts.rules import LONGEST, ROLES_BY_KIND
from tracker.errors import N_
from tracker.i18n import _
from tracker.web import Form, PasswordField, ShownPasswordField

ROLE_NAMES = {
    "instructor": N_("Instructor: marks the register of the own cohorts"),
    "registrar": N_("Registrar: keeps all records of the centre"),
    "administrator": N_("System administrator: accounts, backup and joining, no records"),
    "coordinator": N_("Coordinator: reads the region's centres, closes and reopens in the region"),
    "central": N_("Central office: reads everything, keeps programmes and national closures"),
}
SHORT_ROLE_NAMES = {
    "instructor": N_("Instructor"),
    "registrar": N_("Registrar"),
    "administrator": N_("System administrator"),
    "coordinator": N_("Regional coordinator"),
    "central": N_("Central office"),
}


class SignInForm(Form):
    """Username and password; paste and password managers are welcome."""

    username = StringField(
        N_("Username"),
        [InputRequired(N_("Enter your username."))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(N_("Password"), [InputRequired(N_("Enter your password."))], render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class PasswordForm(Form):
    """The old password and the new one; shown characters are not asked for twice."""

    current = PasswordField(
        N_("Current password"), [InputRequired(N_("Enter your password."))], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(
        N_("New password"),
        [InputRequired(N_("Enter the new password.")), Length(max=LONGEST)],
        render_kw={"autocomplete": "new-password"},
    )


class _RoleForm(Form):
    name = StringField(N_("Full name"), [InputRequired(N_("Enter the full name.")), Length(max=120)], render_kw={"autocomplete": "off"})
    role = RadioField(N_("Role"), [InputRequired(N_("Choose a role."))])

    def offer_roles(self, kind: str) -> None:
        """Offer the roles of this kind of partition."""
        self.role.choices = [(code, _(ROLE_NAMES[code])) for code in ROLES_BY_KIND[kind]]


class UserForm(_RoleForm):
    """A new user with a first password, to be changed at the first sign-in."""

    username = StringField(
        N_("Username"),
        [InputRequired(N_("Enter a username."))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = ShownPasswordField(
        N_("First password"), [InputRequired(N_("Enter the new password."))], render_kw={"autocomplete": "off", "spellcheck": "false"}
    )
    administers = BooleanField(N_("Also keeps this computer: accounts, backup and joining"))


class ChangeUserForm(_RoleForm):
    """Name, role, and whether the person still works here."""

    active = BooleanField(N_("Works here and may sign in"))


class ResetForm(Form):
    """A new first password for somebody else, against the own one."""

    new = ShownPasswordField(
        N_("First password"), [InputRequired(N_("Enter the new password."))], render_kw={"autocomplete": "off", "spellcheck": "false"}
    )
    own = PasswordField(
        N_("Your own password"), [InputRequired(N_("Enter your password."))], render_kw={"autocomplete": "current-password"}
    )
