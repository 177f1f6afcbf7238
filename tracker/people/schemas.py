"""What a valid apprentice, enrolment and cohort are; the apprentice's columns are those of an import (design.md 7)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from marshmallow import validates_schema

from tracker import inputs
from tracker.clock import today
from tracker.country.tz.identifiers import csee_warning, nida_warning, zanid_warning
from tracker.errors import N_, Problem
from tracker.people.rules import DIFFICULTIES, ENDS
from tracker.programmes import queries as programmes

WRONG_SEX = N_("%(text)s is not a sex that the register knows. Write F or M.")
WRONG_OCCUPATION = N_("There is no occupation %(text)s. Use a code such as housekeeping, or its name.")
WRONG_PROGRAMME = N_("There is no programme %(text)s.")
WRONG_STATUS = N_("%(text)s is not a way in which an enrolment ends.")
WRONG_DIFFICULTY = N_("%(text)s is no answer. Write none, some, a_lot or cannot.")
SOME_UNANSWERED = N_("Some of the six questions about difficulties have no answer. Ask all six, or none.")
WRONG_REASON = N_("There is no reason %(text)s in the list.")
SEXES = {"me": "M", "ke": "F", "male": "M", "female": "F", "kiume": "M", "kike": "F", "man": "M", "woman": "F"}
YOUNGEST, OLDEST = 14, 70
# Checks of numbers that people carry: they warn, and no number is ever required.
IDENTIFIERS = {
    "nida.format": N_("A national ID number (NIDA) has 20 digits."),
    "nida.birth_date": N_("The national ID number (NIDA) begins with another date of birth."),
    "zanid.format": N_("A Zanzibar resident's number has 9 digits."),
    "csee.format": N_("A Form IV index number looks like S0101/0001/2019."),
}


class ApprenticeSchema(inputs.Sheet):
    """An apprentice; at least one name is asked for."""

    number = inputs.Text()
    given_name = inputs.Text()
    middle_name = inputs.Text()
    family_name = inputs.Text()
    sex = inputs.CodeOf("sexes", WRONG_SEX, also=SEXES)
    birth_date = inputs.Day()
    phone = inputs.Phone()
    occupation = inputs.CodeOf("occupations", WRONG_OCCUPATION)
    cohort = inputs.Text()
    guardian = inputs.Text()
    guardian_phone = inputs.Phone()
    nida = inputs.Text()
    zanid = inputs.Text()
    csee = inputs.Text()
    home_region = inputs.CodeOf("regions", N_("There is no region %(text)s."))
    home_district = inputs.District()
    seeing = inputs.CodeOf("difficulties", WRONG_DIFFICULTY)
    hearing = inputs.CodeOf("difficulties", WRONG_DIFFICULTY)
    walking = inputs.CodeOf("difficulties", WRONG_DIFFICULTY)
    remembering = inputs.CodeOf("difficulties", WRONG_DIFFICULTY)
    self_care = inputs.CodeOf("difficulties", WRONG_DIFFICULTY)
    communicating = inputs.CodeOf("difficulties", WRONG_DIFFICULTY)

    @validates_schema(skip_on_field_errors=False)
    def _has_a_name(self, values: Mapping[str, Any], *, partial: bool = False, **_kwargs: object) -> None:
        if not partial and not values.get("given_name") and not values.get("family_name"):
            raise inputs.Wrong(N_("Enter at least one name."), "given_name")

    @validates_schema(skip_on_field_errors=False)
    def _is_born(self, values: Mapping[str, Any], **_kwargs: object) -> None:
        born: date | None = values.get("birth_date")
        if born and (born > today() or born.year < 1900):
            raise inputs.Wrong(N_("Nobody in the register was born on %(date)s."), "birth_date", date=born)

    def warnings(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """An unusual age, identifiers, phones and districts that look odd, and questions that were half asked."""
        born: date | None = values.get("birth_date")
        if born and not YOUNGEST <= (today() - born).days / 365.25 <= OLDEST:
            yield inputs.warn("birth_date", N_("With this date of birth the apprentice would be under 14 or over 70."))
        found = {
            "nida": nida_warning(values.get("nida") or "", born),
            "zanid": zanid_warning(values.get("zanid") or ""),
            "csee": csee_warning(values.get("csee") or ""),
        }
        yield from (inputs.warn(column, IDENTIFIERS[code]) for column, code in found.items() if code)
        yield from inputs.odd_phone(values)
        yield from inputs.odd_phone(values, "guardian_phone")
        yield from inputs.odd_district(values, "home_district")
        unanswered = [name for name in DIFFICULTIES if not values.get(name)]
        if 0 < len(unanswered) < len(DIFFICULTIES):
            yield inputs.warn(unanswered[0], SOME_UNANSWERED)


class RegistrationSchema(ApprenticeSchema):
    """A new apprentice with the enrolment, as typed at the desk."""

    cohort_id = inputs.Text()
    starts_on = inputs.Day()


class EnrolmentSchema(inputs.Sheet):
    """An enrolment: in a cohort or in none yet."""

    cohort_id = inputs.Text()
    occupation = inputs.CodeOf("occupations", WRONG_OCCUPATION)
    starts_on = inputs.Day()


class EndSchema(inputs.Sheet):
    """How and when an enrolment ended."""

    status = inputs.Among(ENDS.__contains__, WRONG_STATUS, needed=N_("Choose how the enrolment ended."))
    ended_on = inputs.Day(needed=N_("Enter the last day."))
    end_reason = inputs.CodeOf("leaving_reasons", WRONG_REASON)


class MoveSchema(inputs.Sheet):
    """A move to another cohort."""

    cohort_id = inputs.Text(needed=N_("Choose the cohort."))
    since = inputs.Day(needed=N_("Enter the first day in the new cohort."))


def _is_programme(code: str) -> bool:
    return programmes.programme(code) is not None


class CohortSchema(inputs.Sheet):
    """A cohort."""

    name = inputs.Text(needed=N_("Enter the name."))
    programme = inputs.Among(_is_programme, WRONG_PROGRAMME, needed=N_("Choose the programme."))
    starts_on = inputs.Day(needed=N_("Enter the first day."))
    ends_on = inputs.Day()
    campus_id = inputs.Text()

    @validates_schema
    def _ends_after_start(self, values: Mapping[str, Any], **_kwargs: object) -> None:
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            raise inputs.Wrong(N_("The last day is before the first day."), "ends_on")
