"""The base of all HTML forms: WTForms' own sentences in the person's language.

Labels and messages are given as `N_("...")` and translated by the macros that show them.
"""

from flask_wtf import FlaskForm
from wtforms import Field

from tracker import i18n


class _Translations:
    """The two functions that WTForms asks for; it fills the places of the sentences itself."""

    def gettext(self, string: str) -> str:
        """A sentence of WTForms in the current language."""
        return i18n.raw(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Its sentence for n things."""
        return i18n.raw(singular, plural, n)


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A form whose built-in messages come from our catalogue."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Overrides flask-wtf's choice, which needs flask-babel."""

        def get_translations(self, form: FlaskForm) -> _Translations:
            """Our catalogue."""
            del form
            return _Translations()


def typed(field: Field) -> str:
    """What was typed into a text field; nothing typed is the empty text."""
    return str(field.data or "")
