"""A data folder is copied to another machine, key and all; both copies are used and synced."""

import shutil
from datetime import date
from pathlib import Path

from tests.country import Country, Machine, machine
from tests.journeys.looking import conflicts, rows
from tracker.db import db
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR


def _register(laptop: Machine, *names: str) -> list[str]:
    with laptop.on() as make:
        people_made = [people.register_apprentice(OPERATOR, make.centre, {"given_name": name, "family_name": "Mushi"}) for name in names]
        return [each.id for each in people_made]


def _copy(original: Machine, url: str, tmp_path: Path) -> Machine:
    """A copy of the folder while the original is in use, opened as another machine."""
    home = Path(original.app.extensions["settings"].home)
    with original.app.app_context():
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(home, tmp_path / "copy")
    return machine(tmp_path / "copy", server=url)


def test_both_copies_go_on_and_nothing_is_lost_or_mixed_up(country: Country, tmp_path: Path) -> None:
    shared = _register(country.first, "Asha")  # still pending when the folder is copied
    copy = _copy(country.first, country.url, tmp_path)
    mine = _register(country.first, "Baraka", "Neema")
    theirs = _register(copy, "Zuhura", "Ali")
    with country.first.on():
        people.correct_apprentice(OPERATOR, shared[0], {"birth_date": date(2001, 1, 1)}, None)
    with copy.on():
        people.correct_apprentice(OPERATOR, shared[0], {"birth_date": date(2002, 2, 2)}, None)
    for laptop in (country.first, copy, country.first, country.second, copy):
        laptop.sync()
    with country.first.on() as make:
        centre = make.centre
        names = {row.id: row.given_name for row in db.session.query(Apprentice)}
    made = [*shared, *mine, *theirs]
    assert len(set(made)) == 5
    assert names == dict(zip(made, ["Asha", "Baraka", "Neema", "Zuhura", "Ali"], strict=True))
    machines = (country.central, country.first, country.second, copy)
    assert all(rows(each, centre) == rows(country.central, centre) for each in machines)
    assert [(table, group) for table, group, _ in conflicts(copy, centre)] == [("apprentice", "birth_date")]
    assert conflicts(copy, centre) == conflicts(country.central, centre)
    with copy.app.app_context():
        db.session.remove()
        db.engine.dispose()
