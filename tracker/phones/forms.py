"""What is typed to enrol a phone, to open it, and to show a Wi-Fi as a code."""

from typing import Any, Final

from wtforms import BooleanField, HiddenField, RadioField, StringField, ValidationError
from wtforms.validators import EqualTo, InputRequired, Length
from wtforms.widgets import PasswordInput

from tracker.errors import N_
from tracker.phones.rules import LONGEST
from tracker.web import Form

DIGITS: Final = {"inputmode": "numeric", "autocomplete": "off", "maxlength": str(LONGEST)}
LONGEST_NAME_BYTES: Final = 32
SHORTEST_WIFI_PASSWORD: Final = 8


class PinField(StringField):
    """Digits that are hidden while they are typed. Unlike a password it may travel in clear: it opens this one phone only."""

    widget = PasswordInput()

    def __init__(self, label: str, validators: Any = (), **more: Any) -> None:
        super().__init__(label, validators, **{"render_kw": DIGITS} | more)


class EnrolForm(Form):
    """A PIN of one's own choice, twice since nobody sees it."""

    pin = PinField(N_("New PIN"), [InputRequired(N_("Enter a PIN."))])
    again = PinField(
        N_("The same PIN again"),
        [InputRequired(N_("Enter the PIN once more.")), EqualTo("pin", N_("The two PINs differ. Enter the same one twice."))],
    )


class PinForm(Form):
    """Who of those enrolled on this phone, and the PIN."""

    person = RadioField(N_("Your name"), [InputRequired(N_("Choose your name."))], coerce=int)
    pin = PinField(N_("PIN"), [InputRequired(N_("Enter your PIN."))])
    next = HiddenField()


class WifiForm(Form):
    """The Wi-Fi that phones are to join."""

    name = StringField(
        N_("Name of the Wi-Fi"),
        [InputRequired(N_("Enter the name of the Wi-Fi."))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = StringField(
        N_("Password of the Wi-Fi"),
        [Length(max=63, message=N_("The password of a Wi-Fi has at most 63 characters."))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    keep = BooleanField(N_("Keep both in the data folder of this computer, and show the code to everybody who signs in here"))

    def validate_name(self, field: StringField) -> None:
        """Raise ValidationError for a name that no Wi-Fi can have."""
        if len((field.data or "").encode()) > LONGEST_NAME_BYTES:
            raise ValidationError(N_("The name of a Wi-Fi has at most 32 characters."))

    def validate_password(self, field: StringField) -> None:
        """Raise ValidationError for a password too short for any Wi-Fi; none at all is an open one."""
        if field.data and len(field.data) < SHORTEST_WIFI_PASSWORD:
            raise ValidationError(N_("The password of a Wi-Fi has at least 8 characters. Leave it empty for a Wi-Fi without one."))
