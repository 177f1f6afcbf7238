"""The base of all HTML forms: WTForms' own sentences in the person's language.

Labels and messages are given as `N_("...")` and translated by the macros that show them.
"""

from datetime import date
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import DateField, Field, StringField
from wtforms import PasswordField as HiddenPasswordField

from tracker import i18n
from tracker.web.transport import refuse_password


class _Translations:
    """The two functions that WTForms asks for; it fills the places of the sentences itself."""

    def gettext(self, string: str) -> str:
        """A sentence of WTForms in the current language."""
        return i18n.raw(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Its sentence for n things."""
        return i18n.raw(singular, plural, n)


def _without_nul(text: object) -> object:
    return text.replace("\0", "") if isinstance(text, str) else text


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A form whose built-in messages come from our catalogue."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Overrides flask-wtf's choice, which needs flask-babel."""

        def bind_field(self, form: FlaskForm, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Every text comes without NUL, which no browser's keyboard types and no database keeps."""
            if issubclass(unbound_field.field_class, StringField):
                options = {"filters": [_without_nul, *options.get("filters", ())], **options}
            return super().bind_field(form, unbound_field, options)

        def get_translations(self, form: FlaskForm) -> _Translations:
            """Our catalogue."""
            del form
            return _Translations()


class _NeverInClear(Field):
    """A field whose form is neither shown nor read over a line that others can read; raises NoPasswordInClear there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse_password()
        super().__init__(*args, **kwargs)


class PasswordField(_NeverInClear, HiddenPasswordField):
    """A password that somebody knows; every form uses this one (tests/house)."""


class ShownPasswordField(_NeverInClear, StringField):
    """A first password that is given to somebody else, and so is shown while it is typed."""


TYPED_DAY: Final = {"type": "text", "autocomplete": "off", "inputmode": "numeric", "placeholder": "31/12/2003"}


class DayField(StringField):
    """A date typed as DD/MM/YYYY. A date control follows the language of the browser: in half of them 1/5 would be 5 January.

    What was typed, the schema reads (`inputs.Day`).
    """

    def __init__(self, label: str, validators: Any = (), **more: Any) -> None:
        super().__init__(label, validators, **{"render_kw": TYPED_DAY} | more)

    def _value(self) -> str:
        return f"{self.data:%d/%m/%Y}" if isinstance(self.data, date) else str(self.data or "")


class ReadDayField(DateField):
    """The same in a form that has no schema: its data is a date."""

    def __init__(self, label: str, validators: Any = (), **more: Any) -> None:
        super().__init__(label, validators, **{"format": ["%d/%m/%Y", "%Y-%m-%d"], "render_kw": TYPED_DAY} | more)


def typed(field: Field) -> str:
    """What was typed into a text field; nothing typed is the empty text."""
    return str(field.data or "")
