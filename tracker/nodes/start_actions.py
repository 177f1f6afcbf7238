"""The first steps on an empty data folder: found or join, the first cohort, the first person. Each is saved at once."""

from datetime import date

from flask import current_app
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from tracker import clock, replication
from tracker.accounts import actions as accounts
from tracker.accounts.models import Credential
from tracker.db import db, write
from tracker.i18n import language
from tracker.nodes import actions
from tracker.nodes.models import FirstSteps
from tracker.people import actions as people
from tracker.places import actions as places
from tracker.policy import OPERATOR

CLOSED = "first_steps_closed"
KEEPER = {"centre": "registrar", "region": "coordinator"}


def are_open() -> bool:
    """Whether the first steps are still to be taken. Once over, they are over for good, and no request asks again."""
    if current_app.extensions.get(CLOSED):
        return False
    if not replication.is_set_up():
        return True
    if db.session.get(FirstSteps, 1) and not db.session.scalar(select(exists().where(Credential.id > 0))):
        return True
    current_app.extensions[CLOSED] = True
    return False


def _begin(session: Session) -> None:
    if session.get(FirstSteps, 1) is None:
        session.add(FirstSteps(id=1, begun=int(clock.wall())))


def found(name: str, short_name: str, region: str) -> None:
    """Found a centre alone, with its profile; raises UnknownRegion."""
    with write(OPERATOR) as session:
        partition = replication.found_centre()
        places.set_up_centre(OPERATOR, partition, name, short_name, region)
        _begin(session)
    actions.keep_settings(seat="centre", name=short_name, language=language())


def join(url: str, code: str) -> None:
    """Join a server and fetch what it has for this computer; raises WrongAddress, SyncError."""
    with write(OPERATOR) as session:
        _begin(session)
    actions.join(OPERATOR, url, code)
    actions.keep_settings(language=language())
    actions.sync_now(OPERATOR)


def open_cohort(name: str, programme: str, starts_on: date | None) -> None:
    """Open the first cohort."""
    people.open_cohort(OPERATOR, replication.home(), name, programme, starts_on)


def finish(name: str, username: str, password: str) -> Credential:
    """Let the first person sign in, who keeps records and machine; the first steps are over.

    Raises BadUsername, UsernameTaken, WeakPassword.
    """
    settings = current_app.extensions["settings"]
    partition = replication.home() or min(settings.region_partitions)
    return accounts.add_user(OPERATOR, partition, username, name, KEEPER[settings.seat], password, must_change=False, administers=True)
