"""The words of people's pages: labels of fields, and who changed what."""

from collections.abc import Callable
from typing import Final

from tracker.accounts.history import Entry, history
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language
from tracker.people import queries
from tracker.people.models import Apprentice, Cohort
from tracker.places.models import Campus
from tracker.programmes import queries as programmes

LABELS: Final = {
    "number": N_("Admission number"),
    "given_name": N_("First name"),
    "middle_name": N_("Middle name"),
    "family_name": N_("Surname"),
    "sex": N_("Sex"),
    "birth_date": N_("Date of birth"),
    "phone": N_("Phone number"),
    "guardian": N_("Parent or guardian"),
    "guardian_phone": N_("Phone number of the parent or guardian"),
    "nida": N_("National ID number (NIDA)"),
    "zanid": N_("Zanzibar resident's ID number"),
    "csee": N_("Form IV index number"),
    "home_region": N_("Home region"),
    "home_district": N_("Home district"),
    "void_reason": N_("Withdrawal"),
}
DIFFICULTY_LABELS: Final = {
    "seeing": N_("Difficulty seeing"),
    "hearing": N_("Difficulty hearing"),
    "walking": N_("Difficulty walking or climbing steps"),
    "remembering": N_("Difficulty remembering or concentrating"),
    "self_care": N_("Difficulty with self-care"),
    "communicating": N_("Difficulty communicating"),
}
COHORT_LABELS: Final = {
    "name": N_("Name"),
    "programme": N_("Programme"),
    "campus_id": N_("Campus"),
    "starts_on": N_("First day"),
    "ends_on": N_("Last day"),
    "void_reason": N_("Withdrawal"),
}
ENROLMENT_LABELS: Final = {
    "cohort_id": N_("Cohort"),
    "occupation": N_("Occupation"),
    "starts_on": N_("First day"),
    "status": N_("State"),
    "ended_on": N_("Last day"),
    "end_reason": N_("Reason"),
}
GROUP_LABELS: Final = {
    **LABELS,
    "name": N_("Name"),
    "difficulties": N_("Difficulties in daily activities"),
    "span": N_("First and last day"),
    "programme": N_("Programme"),
    "campus_id": N_("Campus"),
}


def label(list_name: str, code: str | None) -> str:
    """What people read instead of a code; nothing for nothing."""
    return tz.label(list_name, code, language()) if code else ""


def programme_name(code: str | None) -> str:
    """The name of a programme; its code where nobody knows it."""
    found = programmes.programme(code) if code else None
    return found.label(language()) if found else code or ""


def difficulties(apprentice: Apprentice) -> list[tuple[str, str]]:
    """What was answered to the six questions, as (what, answer); empty where nothing was asked."""
    answers = {name: getattr(apprentice, name) for name in DIFFICULTY_LABELS}
    if not any(answers.values()):
        return []
    return [(_(DIFFICULTY_LABELS[name]), label("difficulties", code) or _("not asked")) for name, code in answers.items()]


def of_apprentice(apprentice: Apprentice, *, with_difficulties: bool) -> list[Entry]:
    """Who changed what of the apprentice and of the enrolments, newest first.

    with_difficulties  tell the answers about difficulties, too
    """
    words: dict[str, Callable[[str], str]] = {"sex": lambda code: label("sexes", code), "home_region": lambda code: label("regions", code)}
    words |= dict.fromkeys(DIFFICULTY_LABELS, lambda code: label("difficulties", code))
    entries = history(apprentice, {**LABELS, **(DIFFICULTY_LABELS if with_difficulties else {})}, words)
    names = queries.cohort_names(apprentice.partition)
    enrolment_words: dict[str, Callable[[str], str]] = {
        "cohort_id": lambda row_id: names.get(row_id) or row_id,
        "occupation": lambda code: label("occupations", code),
        "status": lambda code: label("enrolment_statuses", code),
        "end_reason": lambda code: label("leaving_reasons", code),
    }
    for enrolment in queries.enrolments_of(apprentice):
        entries += [each for each in history(enrolment, ENROLMENT_LABELS, enrolment_words) if not each.is_first]
    return sorted(entries, key=lambda each: each.at, reverse=True)


def of_cohort(cohort: Cohort, campuses: list[Campus]) -> list[Entry]:
    """Who changed what of the cohort, newest first."""
    names = {each.id: each.name or each.id for each in campuses}
    return history(cohort, COHORT_LABELS, {"programme": programme_name, "campus_id": lambda row_id: names.get(row_id) or row_id})
