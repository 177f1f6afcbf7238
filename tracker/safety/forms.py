"""What is typed about sessions and checklists; what is valid, the schemas say."""

from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from tracker import inputs
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import language
from tracker.safety.rules import LONGEST_SESSION_MINUTES, LONGEST_VALID_DAYS, NoReason, UnknownTopic
from tracker.web import DayField, Form

NO_DAY = N_("Enter a date.")
OFF = {"autocomplete": "off"}
NUMBER = {"autocomplete": "off", "inputmode": "numeric"}


class SessionForm(Form):
    """A health and safety session."""

    topic = SelectField(N_("Topic"), [InputRequired(UnknownTopic.sentence)])
    on = DayField(N_("Held on"), [InputRequired(NO_DAY)])
    cohort_id = SelectField(N_("For whom"), validate_choice=False)
    valid_days = StringField(N_("Valid for how many days"), render_kw=NUMBER)
    minutes = StringField(N_("Length in minutes"), render_kw=NUMBER)
    trainer = StringField(N_("Trainer"), render_kw=OFF)
    note = StringField(N_("Note"), render_kw=OFF)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cohort_id.flags.plain = True
        known, shown = tz.choices("safety_topics", language()), self.topic.object_data
        # A topic from a newer version stays what it is unless somebody chooses another.
        self.topic.choices = known if not shown or shown in dict(known) else [*known, (shown, shown)]


class SessionSchema(inputs.Sheet):
    """The same, clean."""

    topic = inputs.CodeOf("safety_topics", UnknownTopic.sentence, needed=UnknownTopic.sentence)
    on = inputs.Day(needed=NO_DAY)
    cohort_id = inputs.Text()
    valid_days = inputs.Whole(0, LONGEST_VALID_DAYS)
    minutes = inputs.Whole(1, LONGEST_SESSION_MINUTES)
    trainer = inputs.Text()
    note = inputs.Text()


class ChecklistForm(Form):
    """The day on which the items of a checklist were looked at; their answers stand in fields of their own."""

    on = DayField(N_("Looked at on"), [InputRequired(NO_DAY)])


class ChecklistSchema(inputs.Sheet):
    """The same, clean."""

    on = inputs.Day(needed=NO_DAY)


class ItemForm(Form):
    """A further item of the checklist."""

    label_sw = StringField(N_("In Kiswahili"), render_kw=OFF)
    label_en = StringField(N_("In English"), render_kw=OFF)


class ItemSchema(inputs.Sheet):
    """The same, clean."""

    label_sw = inputs.Text()
    label_en = inputs.Text()


class WhyForm(Form):
    """Why something is withdrawn."""

    why = StringField(N_("Reason"), [InputRequired(NoReason.sentence)])


class WhySchema(inputs.Sheet):
    """The same, clean."""

    why = inputs.Text(needed=NoReason.sentence)
