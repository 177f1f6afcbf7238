"""The list of pages is whole: whoever adds a route has it looked at, or says why there is nothing to see."""

import pytest

from tests.browser.everything import Everything
from tests.browser.pages import NO_PAGE, pages, routes, SEEN_BY

# The servers' threads leave their connections to the garbage.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


def test_every_route_is_a_page_that_opens_or_says_why_it_is_none(everything: Everything) -> None:
    shut = []
    browsers = {role: seat.machine.app.test_client() for role, seat in everything.seats.items()}
    for role, browser in browsers.items():
        for name, value in everything.seats[role].cookies().items():
            browser.set_cookie(name, value)
    for page in pages(everything):
        with everything.seats[page.role].machine.app.app_context():
            answer = browsers[page.role].get(page.path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            shut.append((page.role, page.path, answer.status_code, answer.mimetype))
    assert not shut


def test_what_is_said_of_routes_is_said_of_routes_that_exist(everything: Everything) -> None:
    known = {rule.endpoint for rule in routes(everything)}
    assert set(NO_PAGE) | set(SEEN_BY) <= known
    assert not set(NO_PAGE) & set(SEEN_BY)
