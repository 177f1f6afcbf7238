"""Importing a file: all its problems are listed, and either the whole of it is written in one transaction or nothing.

A dry run is the import itself, rolled back: it finds what the import would find, and counts what it would count.
"""

import secrets
from contextlib import suppress
from typing import Final

from tracker.db import db, write
from tracker.errors import N_, NotFound, Problem
from tracker.files import queries, rules
from tracker.files.importers import Imported, IMPORTERS
from tracker.files.models import Upload
from tracker.files.rules import Found, Refused, Table
from tracker.policy import Actor, check

FOREIGN_CENTRE: Final = N_("This row is of %(text)s, which is another centre.")


class _Undo(Exception):
    """Rolls a dry run back."""


def import_table(actor: Actor, partition: str, kind: str, content: bytes, *, dry_run: bool = False) -> Imported:
    """Import a CSV file into a centre.

    Raises NotAllowed, and Refused with every problem found.
    """
    check(actor, "import", partition)
    problems = Found()
    table = rules.read_table(content, kind, problems)
    if problems:
        raise Refused(problems)
    done = Imported(kind, rows=len(table.lines))
    with suppress(_Undo), write(actor):
        _check_centre(actor, partition, table, problems)
        IMPORTERS[kind](actor, partition, table, problems, done)
        if problems:
            raise Refused(problems)
        db.session.flush()
        if dry_run:
            raise _Undo
    return done


def _check_centre(actor: Actor, partition: str, table: Table, problems: Found) -> None:
    own = queries.names_of_centre(actor, partition)
    if rules.CENTRE in table.columns:
        for line in table.lines:
            text = line.cells.get(rules.CENTRE, "").strip()
            if text and text.casefold() not in own:
                problems.add(Problem(line.row, rules.CENTRE, FOREIGN_CENTRE, {"text": text}))


# ---- between preview and import


def keep_upload(actor: Actor, kind: str, file_name: str, content: bytes) -> str:
    """Keep a file until the person says yes, in place of an earlier one; gives its token. Raises NotAllowed."""
    check(actor, "import")
    with write(actor) as session:
        row = session.get(Upload, actor.id)
        if row is None:
            row = Upload(staff_id=actor.id)
            session.add(row)
        row.token, row.kind, row.file_name, row.content = secrets.token_urlsafe(16), kind, file_name[-200:], content
        return row.token


def import_upload(actor: Actor, partition: str, token: str) -> Imported:
    """Import the kept file and forget it; raises NotFound for another one's or an older one, NotAllowed, Refused."""
    with write(actor) as session:
        row = session.get(Upload, actor.id)
        if row is None or row.token != token:
            raise NotFound
        done = import_table(actor, partition, row.kind, row.content)
        session.delete(row)
        return done
