"""The one exchange that may be under way in this process, for whoever starts one and whoever watches it."""

from dataclasses import dataclass, field
from threading import Lock

from flask import current_app

from tracker.replication import Report


@dataclass
class Running:
    """report: filled as the exchange goes on; None while there is none."""

    lock: Lock = field(default_factory=Lock)
    report: Report | None = None


def running() -> Running:
    """The application's own."""
    found = current_app.extensions.setdefault("exchange", Running())
    assert isinstance(found, Running)
    return found
