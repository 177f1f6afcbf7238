"""Who is in the story, and how they act: each on the own machine, at a time of the story."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tracker.db import write
from tracker.demo import plan
from tracker.demo.days import Member
from tracker.demo.machines import Machine, Site
from tracker.demo.people import Inventor, MAINLAND
from tracker.policy import Actor
from tracker.serve import Server

MAINLAND_REGIONS: Final = ("TZ-01", "TZ-02", "TZ-09", "TZ-16", "TZ-19", "TZ-25")


@dataclass
class Group:
    """A cohort with its row's id.

    left  ids of those who have ended their training
    pack  id of the remote pack that it was given; empty: none
    """

    plan: plan.Cohort
    id: str
    members: Sequence[Member]
    left: set[str] = field(default_factory=set)
    pack: str = ""


@dataclass
class Centre:
    """A centre of the story. reopened: the first open day after the closure."""

    partition: str
    machine: Machine
    registrar: str
    reopened: date
    groups: list[Group] = field(default_factory=list)
    inventor: Inventor = field(default_factory=lambda: Inventor(MAINLAND, MAINLAND_REGIONS, "nct"))


@dataclass
class Story:
    """What was told: the machines, and who is who in it.

    central_server  answers since the beginning
    centre_server   the one of NCT in Dar es Salaam: has its port, and answers when its `serve` is called
    hotels          ids of NCT's hotels, those of Dar es Salaam first
    closures        ids of the closures of the Mainland, of Zanzibar and of the hotels
    disputed        id of the apprentice whose phone number two laptops changed apart
    """

    site: Site
    nct: Centre
    suza: Centre
    central_server: Server
    centre_server: Server
    hotels: Sequence[str] = ()
    closures: Sequence[str] = ()
    disputed: str = ""


@contextmanager
def acting(centre: Centre, on: date, hour: int = 9, minute: int = 0) -> Iterator[Actor]:
    """Let the registrar of a centre act in one transaction."""
    with centre.machine.at(on, hour, minute):
        registrar = centre.machine.actor(centre.registrar)
        with write(registrar):
            yield registrar


def exchange(story: Story, on: date) -> None:
    """Everybody exchanges; Dar es Salaam once more, to hear of Arusha."""
    site = story.site
    for machine in (site.dar, site.arusha, site.suza, site.dar):
        machine.sync(on)
