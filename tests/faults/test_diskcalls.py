from contextlib import suppress

import pytest
from sqlalchemy.exc import DatabaseError

from tests.faults import diskcalls
from tests.faults.diskcalls import FAULTS, SCENARIOS


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_refused_disk_call_is_told_and_harms_nothing(scenario: str, fault: diskcalls.Fault) -> None:
    refused = dict(diskcalls.outcomes(scenario, fault, every=11))

    assert refused
    assert {nth: wrong for nth, wrong in refused.items() if wrong} == {}


def test_a_program_that_keeps_the_refusal_to_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_and_say_nothing(place: diskcalls.Place) -> None:
        with suppress(DatabaseError):
            SCENARIOS["write"](place)

    monkeypatch.setitem(SCENARIOS, "silent write", write_and_say_nothing)

    first = next(diskcalls.outcomes("silent write", FAULTS[0]))

    assert "acknowledged, and not done" in first[1]
