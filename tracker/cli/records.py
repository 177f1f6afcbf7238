"""Records in and out of files: `import` and `export`."""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tracker.cli.users import settings_of
from tracker.cli.voice import at_work, CommandError, Done
from tracker.errors import N_, Problem
from tracker.files import actions, queries
from tracker.files.rules import csv_rows, EXPORTS, Found, KINDS, MOST_BYTES, Refused, SHOWN
from tracker.i18n import _, say
from tracker.places.queries import home_partition
from tracker.policy import OPERATOR
from tracker.trouble import reason_of

__all__ = ["EXPORTS", "KINDS", "REPORTS", "export_file", "import_file"]

BLOCK: Final = 1 << 16
REPORT: Final = "report"
FOR_OTHERS: Final = "public"  # the report without what fewer than five people stand behind
REPORTS: Final = (REPORT, FOR_OTHERS)


class NoFile(CommandError):
    """The file cannot be read or written."""

    code = "files.no_file"
    sentence = N_("The file %(file)s cannot be opened: %(reason)s")


class NoCentreHere(CommandError):
    """Only a centre's laptop takes records in."""

    code = "files.no_centre"
    sentence = N_("Records are imported on the laptop of their centre.")


class Problems(CommandError):
    """The file has problems; all are listed."""

    code = "files.problems"
    sentence = Refused.sentence


def import_file(arguments: argparse.Namespace) -> Done:
    """`import KIND FILE`."""
    content = _content(arguments.file)
    with at_work(settings_of(arguments)):
        partition = home_partition(OPERATOR)
        if partition is None:
            raise NoCentreHere
        try:
            done = actions.import_table(OPERATOR, partition, arguments.kind, content, dry_run=arguments.dry_run)
        except Refused as refusal:
            found = refusal.found
            facts: dict[str, object] = {"problems": _listed(found), "problem_count": found.count, "warnings": []}
            raise Problems(facts=facts, lines=_lines(found), count=found.count) from refusal
    counts: dict[str, object] = {"rows": done.rows, "added": done.added, "changed": done.changed, "unchanged": done.unchanged}
    sentence = N_("Rows: %(rows)s, of which new: %(added)s, corrected: %(changed)s, unchanged: %(unchanged)s.")
    lines = [_(sentence, **counts), *([_("Nothing was changed: this was a trial.")] if arguments.dry_run else [])]
    warnings = {"problems": [], "warnings": _listed(done.warnings), "warning_count": done.warnings.count}
    return Done({"kind": done.kind, "dry_run": arguments.dry_run, **counts, **warnings}, [*lines, *_lines(done.warnings)])


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)  # one more than is taken, so that the reader says that it is too much
    except OSError as error:
        raise NoFile(file=path, reason=reason_of(error)) from error


def _listed(found: Found) -> list[dict[str, object]]:
    return [{"row": each.row, "column": each.column, "sentence": say(each)} for each in found.shown]


def _lines(found: Found) -> list[str]:
    more = [_("And %(count)d more.", count=found.count - SHOWN)] if found.count > SHOWN else []
    return [*map(_line, found.shown), *more]


def _line(problem: Problem) -> str:
    if problem.row is None:
        return say(problem)
    if problem.column is None:
        return _("Row %(row)d: %(what)s", row=problem.row, what=say(problem))
    return _("Row %(row)d, %(column)s: %(what)s", row=problem.row, column=problem.column, what=say(problem))


def export_file(arguments: argparse.Namespace) -> Done:
    """`export TABLE FILE`: JSON where the name ends so, else CSV. The file appears whole or not at all."""
    target: Path = arguments.file.absolute()
    draft = target.with_name(f"{target.name}.unfinished")
    counted = _Counted()
    with at_work(settings_of(arguments)):
        columns, found = _table(arguments.table)
        rows = counted.through(found)
        texts = _json(rows) if target.suffix.lower() == ".json" else csv_rows(columns, rows)
        try:
            with draft.open("w", encoding="utf-8", newline="", buffering=BLOCK) as file:
                file.writelines(texts)
            draft.replace(target)
        except OSError as error:
            raise NoFile(file=target, reason=reason_of(error)) from error
        finally:
            draft.unlink(missing_ok=True)
    facts: dict[str, object] = {"table": arguments.table, "file": str(target), "rows": counted.rows}
    return Done(facts, [_("%(rows)d rows are in %(file)s.", rows=counted.rows, file=target)])


def _table(name: str) -> tuple[Sequence[str], Iterable[Mapping[str, object]]]:
    """The columns and rows of an exported table."""
    if name not in REPORTS:
        return queries.columns(name), queries.rows(OPERATOR, name)
    from tracker.overview.queries import REPORT_COLUMNS, report_rows

    return REPORT_COLUMNS, report_rows(OPERATOR, for_others=name == FOR_OTHERS)


class _Counted:
    """Counts rows on their way."""

    rows = 0

    def through(self, rows: Iterable[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
        """The same rows."""
        for row in rows:
            self.rows += 1
            yield row


def _json(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One array, a row a line."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False, default=str)  # a date is ISO, as in the CSV
        before = ",\n"
    yield "\n]\n" if before.startswith(",") else "[]\n"
