"""Who may do what: the table of design.md 5, as sentences."""

from dataclasses import dataclass

import pytest

from tracker.errors import NotAllowed
from tracker.policy import Actor, check, may, OPERATOR, Placed, VERBS

OWN, OTHER = "centre/ziwa", "centre/mlima"
AMINA = Actor("a", "Amina", "registrar", frozenset({OWN}), home=OWN)
BARAKA = Actor("b", "Baraka", "instructor", frozenset({OWN}), frozenset({"cohort-1"}), home=OWN)
DALALI = Actor("d", "Dalali", "administrator", frozenset({OWN}), home=OWN)
COORDINATOR = Actor("c", "Eliya", "coordinator", frozenset({"region/TZ-01"}), seat="region", home="region/TZ-01")
CENTRAL = Actor("f", "Fatuma", "central", None, seat="central", home="nation")


@dataclass(frozen=True)
class Cohort:
    id: str
    partition: str = OWN


@dataclass(frozen=True)
class Enrolment:
    cohort_id: str
    partition: str = OWN


@pytest.mark.parametrize(
    ("actor", "verb", "thing"),
    [
        (AMINA, "edit-people", OWN),
        (AMINA, "mark", OWN),
        (AMINA, "close", OWN),
        (AMINA, "resolve", OWN),
        (AMINA, "read", "nation"),
        (AMINA, "read", "region/TZ-02"),
        (BARAKA, "mark", Cohort("cohort-1")),
        (BARAKA, "mark", Enrolment("cohort-1")),
        (BARAKA, "read", OWN),
        (DALALI, "accounts", None),
        (DALALI, "backup", None),
        (DALALI, "erase", OWN),
        (CENTRAL, "erase", OTHER),
        (COORDINATOR, "read", OWN),
        (COORDINATOR, "close", "region/TZ-01"),
        (COORDINATOR, "comment", OWN),
        (CENTRAL, "read", OTHER),
        (CENTRAL, "close", "nation"),
        (CENTRAL, "close", "region/TZ-01"),
        (CENTRAL, "edit-programmes", "nation"),
    ],
)
def test_they_may(actor: Actor, verb: str, thing: Placed | str | None) -> None:
    assert may(actor, verb, thing)


@pytest.mark.parametrize(
    ("actor", "verb", "thing"),
    [
        (AMINA, "erase", OWN),
        (DALALI, "erase", OTHER),
        (COORDINATOR, "erase", OWN),
        (AMINA, "read", OTHER),
        (AMINA, "edit-people", OTHER),
        (AMINA, "close", "region/TZ-01"),
        (AMINA, "close", "nation"),
        (AMINA, "accounts", None),
        (BARAKA, "mark", Cohort("cohort-2")),
        (BARAKA, "mark", Cohort("cohort-1", OTHER)),
        (BARAKA, "edit-people", OWN),
        (BARAKA, "export", OWN),
        (DALALI, "read", OWN),
        (DALALI, "mark", OWN),
        (COORDINATOR, "edit-people", OWN),
        (COORDINATOR, "close", OWN),
        (COORDINATOR, "close", "region/TZ-02"),
        (COORDINATOR, "resolve", OWN),
        (CENTRAL, "resolve", OWN),
        (CENTRAL, "edit-people", OWN),
        (Actor("x", "X", "unheard-of", None), "read", OWN),
    ],
)
def test_they_may_not(actor: Actor, verb: str, thing: Placed | str | None) -> None:
    assert not may(actor, verb, thing)
    with pytest.raises(NotAllowed):
        check(actor, verb, thing)


def test_a_verb_that_does_not_exist_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="no such verb"):
        may(AMINA, "fly")


def test_the_operator_may_everything_on_this_machine() -> None:
    assert all(may(OPERATOR, verb, OWN) for verb in VERBS)
