"""Which centre and which period somebody wants to see."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from wtforms import SelectField, ValidationError
from wtforms.validators import Optional

from tracker.errors import N_
from tracker.i18n import _
from tracker.overview.rules import DEFAULT, is_long, PERIOD_NAMES, PeriodKind
from tracker.web import Form, ReadDayField


class PeriodForm(Form):
    """Sent by GET, so that the address of a page says what is on it; it changes nothing and needs no token."""

    class Meta(Form.Meta):
        """Without a token."""

        csrf: ClassVar = False

    centre = SelectField(N_("Centre"), validate_choice=False)
    period = SelectField(N_("Period"))
    first = ReadDayField(N_("From"), validators=[Optional()])
    last = ReadDayField(N_("To"), validators=[Optional()])

    def offer(self, centres: Mapping[str, str]) -> None:
        """Give the lists their choices in the person's language; nothing said is everything, this year."""
        self.centre.choices = [("", _("All centres")), *centres.items()]
        self.period.choices = [(str(kind), _(name)) for kind, name in PERIOD_NAMES.items()]
        if (self.first.raw_data and any(self.first.raw_data)) or (self.last.raw_data and any(self.last.raw_data)):
            self.period.data = str(PeriodKind.CUSTOM)
        self.centre.flags.plain = self.period.flags.plain = True  # they always say something
        self.period.data = self.period.data or str(DEFAULT)
        self.centre.data = self.centre.data or ""

    def validate_last(self, field: ReadDayField) -> None:
        """The last day is not before the first, nor ten years after it."""
        first: date | None = self.first.data
        if first and field.data and field.data < first:
            raise ValidationError(N_("The last day is before the first."))
        if first and field.data and is_long(first, field.data):
            raise ValidationError(N_("Choose a period of at most ten years."))
