"""The form and the schema of a stand-in placement."""

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from tracker import inputs
from tracker.errors import N_
from tracker.placements.rules import NoStart, UnknownEmployer
from tracker.resumption.queries import Displaced, Host
from tracker.resumption.rules import NobodyChosen
from tracker.resumption.words import host
from tracker.web import DayField, Form


class PlaceForm(Form):
    """Where somebody works while his own employer is closed."""

    placement = SelectMultipleField(
        N_("Apprentices"),
        [InputRequired(NobodyChosen.sentence)],
        validate_choice=False,  # who has a place meanwhile is refused by name; here only an id could be said
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    employer_id = RadioField(N_("Employer"), [InputRequired(UnknownEmployer.sentence)])
    starts_on = DayField(N_("First day"), [InputRequired(NoStart.sentence)])
    ends_on = DayField(N_("Last day"))
    supervisor = StringField(N_("Workplace supervisor"))
    department = StringField(N_("Department"))
    contract_signed_on = DayField(N_("Contract signed on"))

    def offer(self, waiting: Sequence[Displaced], hosts: Sequence[Host]) -> None:
        """Say who waits for a place, and which employers are open and have room."""
        self.placement.choices = [(each.placement.id, f"{each.apprentice.full_name} · {each.employer.name or '?'}") for each in waiting]
        self.employer_id.choices = [(each.row.id, host(each)) for each in hosts]


class PlaceSchema(inputs.Sheet):
    """The same, clean."""

    employer_id = inputs.Text(needed=UnknownEmployer.sentence)
    starts_on = inputs.Day(needed=NoStart.sentence)
    ends_on = inputs.Day()
    supervisor = inputs.Text()
    department = inputs.Text()
    contract_signed_on = inputs.Day()


def shared(values: dict[str, Any]) -> dict[str, Any]:
    """What of a filled form is the same for everybody placed."""
    return {name: value for name, value in values.items() if name != "employer_id"}
