"""What is typed at the registrar's desk; what is valid, the schemas say."""

from collections.abc import Iterable

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired

from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language
from tracker.people import rules
from tracker.programmes import queries as programmes
from tracker.web import DayField, Form

OFF = {"autocomplete": "off"}
PHONE = {"type": "tel", "autocomplete": "off"}
NOTHING = ("", "–")
Choices = list[tuple[str, str]]


def _coded(list_name: str, now: str | None = None, only: Iterable[str] | None = None) -> Choices:
    """The choices of a code list, an empty one, and what stands there now although the list does not know it."""
    known = [each for each in tz.choices(list_name, language()) if only is None or each[0] in only]
    strange = [(now, now)] if now and not tz.has_code(list_name, now) else []
    return [NOTHING, *known, *strange]


class CohortForm(Form):
    """A cohort."""

    name = StringField(N_("Name"), [InputRequired(N_("Enter the name."))], render_kw=OFF)
    programme = SelectField(N_("Programme"), [InputRequired(N_("Choose the programme."))], validate_choice=False)
    starts_on = DayField(N_("First day"), [InputRequired(N_("Enter the first day."))])
    ends_on = DayField(N_("Last day"))
    campus_id = SelectField(N_("Campus"), validate_choice=False)

    def offer(self, campuses: Choices, now: str | None = None) -> None:
        """Offer programmes and campuses."""
        known = [(each.code, each.label(language())) for each in programmes.programmes()]
        current = programmes.programme(now) if now and now not in dict(known) else None
        strange = [(now, current.label(language()) if current else now)] if now and now not in dict(known) else []
        self.programme.choices = [NOTHING, *known, *strange]
        self.campus_id.choices = [NOTHING, *campuses]


class ApprenticeForm(Form):
    """A person. One name is enough; no number is required."""

    number = StringField(N_("Admission number"), render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})
    given_name = StringField(N_("First name"), [InputRequired(N_("Enter at least one name."))], render_kw=OFF)
    middle_name = StringField(N_("Middle name"), render_kw=OFF)
    family_name = StringField(N_("Surname"), render_kw=OFF)
    sex = RadioField(N_("Sex"), validate_choice=False)
    birth_date = DayField(N_("Date of birth"))
    phone = StringField(N_("Phone number"), render_kw=PHONE)
    guardian = StringField(N_("Parent or guardian"), render_kw=OFF)
    guardian_phone = StringField(N_("Phone number of the parent or guardian"), render_kw=PHONE)
    nida = StringField(N_("National ID number (NIDA)"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    zanid = StringField(N_("Zanzibar resident's ID number"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    csee = StringField(N_("Form IV index number"), render_kw=OFF)
    home_region = SelectField(N_("Home region"), validate_choice=False)
    home_district = StringField(N_("Home district"), render_kw={"autocomplete": "off", "list": "districts"})

    # Wording, order and answers as the Washington Group has them.
    seeing = SelectField(N_("Do you have difficulty seeing, even if wearing glasses?"), validate_choice=False)
    hearing = SelectField(N_("Do you have difficulty hearing, even if using a hearing aid?"), validate_choice=False)
    walking = SelectField(N_("Do you have difficulty walking or climbing steps?"), validate_choice=False)
    remembering = SelectField(N_("Do you have difficulty remembering or concentrating?"), validate_choice=False)
    self_care = SelectField(N_("Do you have difficulty with self-care, such as washing all over or dressing?"), validate_choice=False)
    communicating = SelectField(
        N_("Using your usual language, do you have difficulty communicating, for example understanding or being understood?"),
        validate_choice=False,
    )

    MORE = ("nida", "zanid", "csee", "home_region", "home_district")

    def offer(self, home_region: str | None = None) -> None:
        """Offer sexes, regions and answers."""
        self.sex.choices = tz.choices("sexes", language())
        self.home_region.choices = _coded("regions", home_region)
        for question in self.questions:
            question.choices = _coded("difficulties", question.data)

    @property
    def shows_more(self) -> bool:
        """Whether one of the rarer fields holds something or is wrong."""
        return any(self[name].data or self[name].errors for name in self.MORE)

    @property
    def questions(self) -> list[SelectField]:
        """The six questions about difficulties, in their order."""
        return [self[name] for name in rules.DIFFICULTIES]

    @property
    def has_wrong_answer(self) -> bool:
        """Whether an answer to one of the six questions is wrong. Right ones stay folded away from whoever stands at the desk."""
        return any(question.errors for question in self.questions)


class EnrolmentForm(Form):
    """Cohort, occupation and first day."""

    cohort_id = SelectField(N_("Cohort"), validate_choice=False)
    occupation = SelectField(N_("Occupation"), validate_choice=False)
    starts_on = DayField(N_("First day"))

    def offer_enrolment(self, cohorts: Choices, occupation: str | None = None) -> None:
        """Offer cohorts and occupations."""
        self.cohort_id.choices = [NOTHING, *cohorts]
        self.occupation.choices = _coded("occupations", occupation)


class RegistrationForm(ApprenticeForm, EnrolmentForm):
    """A new apprentice at the desk, and perhaps the next one in the queue.

    sure  set once the possible duplicates have been shown
    """

    again = BooleanField(N_("Register another apprentice after this one"))
    sure = HiddenField()


class MoveForm(Form):
    """A move to another cohort."""

    cohort_id = SelectField(N_("New cohort"), [InputRequired(N_("Choose the cohort."))], validate_choice=False)
    since = DayField(N_("First day in the new cohort"), [InputRequired(N_("Enter the first day in the new cohort."))])


END_NAMES = {
    rules.COMPLETED: N_("Completed the training"),
    rules.LEFT: N_("Left before the end"),
    rules.TRANSFERRED: N_("Transferred to another centre"),
}


class EndForm(Form):
    """How and when an enrolment ended."""

    status = RadioField(N_("How did it end?"), [InputRequired(N_("Choose how the enrolment ended."))], validate_choice=False)
    ended_on = DayField(N_("Last day"), [InputRequired(N_("Enter the last day."))])
    end_reason = SelectField(N_("Reason"), validate_choice=False)

    def offer(self) -> None:
        """Offer ends and reasons."""
        self.status.choices = [(code, _(sentence)) for code, sentence in END_NAMES.items()]
        self.end_reason.choices = _coded("leaving_reasons")


class InstructorForm(Form):
    """Who teaches a cohort."""

    staff_id = SelectField(N_("Instructor"), [InputRequired(N_("Choose the instructor."))], validate_choice=False)
