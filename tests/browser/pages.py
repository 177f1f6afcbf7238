"""Every page of the application, read off its routes: a new one is looked at from its first day, or says here why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from werkzeug.routing import Rule

from tests.browser.everything import Everything

# Routes that answer GET and show no page of their own.
NO_PAGE: Final = {
    "attendance.by_code": "leads to the week of the code",
    "attendance.cohort": "leads to the register of today",
    "attendance.workplace_now": "leads to this week of the workplaces",
    "files.export": "a CSV file",
    "scans.photo": "a picture",
    "home": "leads to the first page of the navigation",
    "nodes.progress": "JSON",
    "overview.indicators": "a CSV file",
    "phones.authority": "a certificate",
    "static": "files",
    "taps.marks": "JSON",
    "taps.worker": "a script",
}
# Who looks at a page; where nothing is said, the registrar. The first sees all of it, the others see it otherwise.
SEEN_BY: Final = {
    "accounts.me": ("registrar", "administrator"),
    "accounts.new_user": ("administrator",),
    "accounts.reset": ("administrator",),
    "accounts.sign_in": ("nobody",),
    "accounts.user": ("administrator",),
    "accounts.users": ("administrator",),
    "attendance.register": ("registrar", "instructor", "central"),
    "attendance.today": ("registrar", "instructor"),
    "calendar.closure": ("registrar", "central"),
    "calendar.closures": ("registrar", "central", "coordinator"),
    "calendar.correct_holiday": ("central",),
    "calendar.holidays": ("registrar", "central"),
    "calendar.withdraw_correction": ("central",),
    "conflicts.index": ("registrar", "central"),
    "erasure.index": ("central",),
    "erasure.person": ("central",),
    "files.index": ("registrar", "central"),
    "nodes.another": ("administrator",),
    "nodes.centres": ("central", "coordinator"),
    "nodes.computer": ("central",),
    "nodes.invite": ("central",),
    "nodes.join": ("alone",),
    "nodes.machine": ("registrar", "administrator", "central", "coordinator", "alone"),
    "nodes.stop": ("central",),
    "overview.closures": ("registrar", "central", "coordinator"),
    "overview.index": ("registrar", "central", "coordinator"),
    "overview.year": ("registrar", "central"),
    "people.apprentice": ("registrar", "instructor", "central"),
    "people.apprentices": ("registrar", "central"),
    "people.cohorts": ("registrar", "central"),
    "phones.enter": ("nobody",),
    "phones.pin": ("phone",),
    "placements.placement": ("registrar", "instructor"),
    "resumption.displaced": ("registrar", "central"),
    "resumption.index": ("registrar", "central"),
    "resumption.roll": ("registrar", "instructor"),
    "places.home": ("registrar", "central"),
    "safety.items": ("registrar", "central"),
    "safety.sessions": ("registrar", "instructor", "central"),
    "programmes.edit": ("central",),
    "programmes.new": ("central",),
    "programmes.programmes": ("registrar", "central"),
    "start.centre": ("newcomer",),
    "start.cohort": ("founder",),
    "start.join": ("newcomer",),
    "start.language_step": ("newcomer",),
    "start.person": ("founder",),
}
# What the address alone does not show: (path, who looks).
MORE: Final = (
    ("/people/?q=Asha", "registrar"),
    ("/people/?q=Zzz", "registrar"),
    ("/calendar/?month=2026-02", "registrar"),
    ("/attendance/{cohort_id}/2026-02-10", "registrar"),
    ("/attendance/{cohort_id}/2026-02-26", "registrar"),
    ("/attendance/{cohort_id}/2026-03-08", "registrar"),
    ("/attendance/{cohort_id}/2026-03-09", "registrar"),
    ("/resumption/{closure_id}?show=all", "registrar"),
    ("/resumption/{closure_id}?centre={partition}", "central"),
    ("/resumption/elsewhere?placement={displaced_id}", "registrar"),
)

# Forms that are sent as they are drawn, or emptied first, and come back with their mistakes: (role, endpoint).
WRONG: Final = (
    ("nobody", "accounts.sign_in"),
    ("administrator", "accounts.new_user"),
    ("central", "programmes.new"),
    ("central", "erasure.person"),
    ("registrar", "attendance.follow_up"),
    ("registrar", "attendance.leave"),
    ("registrar", "calendar.close"),
    ("registrar", "employers.new"),
    ("registrar", "people.edit"),
    ("registrar", "placements.new"),
)


@dataclass(frozen=True)
class Page:
    """An address as somebody sees it."""

    role: str
    path: str


def routes(everything: Everything) -> Iterator[Rule]:
    """All rules that answer GET."""
    for rule in everything.seats["registrar"].machine.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield rule


def page_of(everything: Everything, endpoint: str, role: str) -> Page:
    """An endpoint's page as a role sees it; raises KeyError where there is no value for a part of its address."""
    seat, known = everything.seats[role], {**everything.values, **everything.own.get(role, {})}
    (rule,) = (each for each in routes(everything) if each.endpoint == endpoint)
    with seat.machine.app.test_request_context():
        return Page(role, seat.machine.app.url_for(endpoint, **{name: known[name] for name in rule.arguments}))


def pages(everything: Everything, *, alone: bool = False) -> list[Page]:
    """Every page, by role and path. alone: each seen by one person only, and nothing of `MORE`."""
    found = set()
    for endpoint in {rule.endpoint for rule in routes(everything)} - NO_PAGE.keys():
        roles = SEEN_BY.get(endpoint, ("registrar",))
        found |= {page_of(everything, endpoint, role) for role in (roles[:1] if alone else roles)}
    if not alone:
        found |= {Page(role, path.format(**everything.values)) for path, role in MORE}
    return sorted(found, key=lambda page: (page.role, page.path))
