"""The words of an employer's page: labels of fields, and who changed what."""

from typing import Final

from tracker.accounts.history import Entry, history
from tracker.country import tz
from tracker.employers.models import Employer
from tracker.errors import N_
from tracker.i18n import language

LABELS: Final = {
    "name": N_("Name"),
    "sector": N_("Sector"),
    "district": N_("District"),
    "phone": N_("Phone number"),
    "contact": N_("Contact person"),
    "departments": N_("Departments"),
    "capacity": N_("How many apprentices it takes"),
    "void_reason": N_("Withdrawal"),
}


def sector_name(code: str | None) -> str:
    """The name of a sector; a text that is no code is shown as it is."""
    return tz.label("sectors", code, language()) if code else ""


def department_names(text: str | None) -> str:
    """The names of departments, each in the reader's language where the pack knows it."""
    codes = ((part, tz.code_of("departments", part)) for part in (text or "").split("; "))
    return "; ".join(tz.label("departments", code or part, language()) for part, code in codes)


def of_employer(employer: Employer) -> list[Entry]:
    """Who changed what of the employer, newest first."""
    return history(employer, LABELS, {"sector": sector_name})
