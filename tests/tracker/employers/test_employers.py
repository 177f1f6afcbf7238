"""Host employers."""

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker.employers import actions, queries
from tracker.employers.rules import folded
from tracker.employers.schemas import EmployerSchema
from tracker.errors import NotAllowed, NotFound
from tracker.policy import Actor


def test_the_registrar_adds_an_employer(client: Browser) -> None:
    form = {
        "name": "Hoteli ya Bahari",
        "sector": "I55",
        "district": "mjini",
        "phone": "0712345678",
        "departments": "kitchen;laundry",
        "capacity": "4",
    }
    response = client.sign_in("amina").send("/employers/new", **form)
    page = client.get(response.location).text
    for text in ("Hoteli ya Bahari", "Mjini", "+255712345678", "Kitchen; Laundry"):
        assert text in page


def test_an_unknown_district_or_sector_warns_and_is_kept(client: Browser) -> None:
    response = client.sign_in("amina").send("/employers/new", name="Hoteli", district="Atlantis")
    assert "The district Atlantis is not in the list." in client.get(response.location).text
    entry = EmployerSchema().read({"name": "Hoteli", "sector": "Space travel", "district": "Atlantis"}, row=3)
    assert [(each.row, each.column, each.is_warning) for each in entry.problems] == [(3, "sector", True), (3, "district", True)]
    assert entry.values["sector"] == "Space travel"


def test_a_name_is_asked_for_and_capacity_is_a_number(client: Browser) -> None:
    page = client.sign_in("amina").send("/employers/new", name="", capacity="many").text
    assert "Enter the name of the employer." in page
    assert "many is not a whole number between 0 and 10000." in page


def test_employers_are_found_by_name_and_by_words(amina: Actor, make: Make) -> None:
    hotel = make.employer("Hoteli ya  Bahari", district="Kusini")
    make.employer("Ngome Lodge")
    assert [each.id for each in queries.employers(amina, make.centre, text="bah kus")] == [hotel.id]
    assert queries.by_name(amina, make.centre)[folded("HOTELI YA BAHARI")].id == hotel.id


def test_a_withdrawn_employer_can_be_restored(client: Browser, make: Make, amina: Actor) -> None:
    employer = make.employer()
    client.sign_in("amina").send(f"/employers/{employer.id}/void", reason="Closed for good")
    assert queries.employers(amina, make.centre) == []
    assert "Closed for good" in client.get(f"/employers/{employer.id}").text
    client.send(f"/employers/{employer.id}/restore")
    assert len(queries.employers(amina, make.centre)) == 1


def test_the_history_tells_both_values(client: Browser, make: Make, amina: Actor) -> None:
    employer = make.employer(capacity=4)
    actions.correct_employer(amina, employer.id, {"capacity": 6}, None)
    assert "How many apprentices it takes: 4 → 6" in client.sign_in("amina").get(f"/employers/{employer.id}").text


@pytest.mark.parametrize(("username", "refusal"), [("baraka", NotAllowed), ("chausiku", NotFound), ("dalali", NotFound)])
def test_nobody_else_corrects_an_employer(make: Make, username: str, refusal: type[Exception]) -> None:
    employer = make.employer()
    with pytest.raises(refusal):
        actions.correct_employer(make.actor(username), employer.id, {"name": "X"}, None)
