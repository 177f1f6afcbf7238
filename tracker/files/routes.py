"""Pages that take a file in, after a look at what it would do, and give the registers out."""

from collections.abc import Iterable

from flask import Blueprint, flash, g, redirect, Response, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.errors import N_, NotFound, Problem
from tracker.files import actions, queries, rules
from tracker.files.forms import KIND_NAMES, UploadForm
from tracker.i18n import _, say
from tracker.places.queries import home_partition
from tracker.policy import check, may
from tracker.web import at_most, may_, nav_item, page

bp = Blueprint("files", __name__)
nav_item(bp, "index", N_("Files"), verb="export", order=75)


@bp.route("/")
@may_("export")
def index() -> ResponseReturnValue:
    """Choose a file to import, or a table to export."""
    return _index(UploadForm())


def _index(form: UploadForm, refusal: rules.Refused | None = None) -> Response:
    return page(
        "files/index.html",
        status=422 if refusal or form.errors else 200,
        form=form,
        may_import=may(g.actor, "import") and home_partition(g.actor) is not None,
        columns={kind: (*rules.COLUMNS[kind], *rules.BESIDES.get(kind, ())) for kind in rules.KINDS},
        required={name for names in rules.REQUIRED.values() for name in names},
        names=KIND_NAMES,
        refusal=refusal,
        problems=_worded(refusal.found.shown) if refusal else [],
        shown=rules.SHOWN,
    )


def _worded(problems: Iterable[Problem]) -> list[tuple[int | None, str | None, str]]:
    return [(each.row, each.column, say(each)) for each in problems]


@bp.route("/import", methods=["POST"])
@at_most("upload_max_bytes")
@may_("import")
def upload() -> ResponseReturnValue:
    """Look at a file: its problems, or what its import would do. Nothing is written yet but the file, to wait for a yes."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _index(form)
    kind, content = str(form.kind.data), form.file.data.read()
    try:
        actions.import_table(g.actor, _partition(), kind, content, dry_run=True)
    except rules.Refused as refusal:
        return _index(form, refusal)
    token = actions.keep_upload(g.actor, kind, form.file.data.filename or "", content)
    return redirect(url_for(".preview", token=token))


def _partition() -> str:
    partition = home_partition(g.actor)
    if partition is None:
        raise NotFound
    return partition


@bp.route("/import/<token>")
@may_("import")
def preview(token: str) -> ResponseReturnValue:
    """What the import of the waiting file would do."""
    waiting = queries.upload_of(g.actor, token)
    try:
        trial = actions.import_table(g.actor, _partition(), waiting.kind, waiting.content, dry_run=True)
    except rules.Refused as refusal:  # the register has changed since the upload
        return _index(UploadForm(), refusal)
    return page(
        "files/preview.html",
        waiting=waiting,
        trial=trial,
        name=_(KIND_NAMES[trial.kind]),
        warnings=_worded(trial.warnings.shown),
        shown=rules.SHOWN,
    )


@bp.route("/import/<token>", methods=["POST"])
@may_("import")
def confirm(token: str) -> ResponseReturnValue:
    """Import the waiting file."""
    try:
        done = actions.import_upload(g.actor, _partition(), token)
    except rules.Refused as refusal:
        return _index(UploadForm(), refusal)
    flash(
        _(
            "Imported. New: %(added)d, corrected: %(changed)d, unchanged: %(unchanged)d.",
            added=done.added,
            changed=done.changed,
            unchanged=done.unchanged,
        )
    )
    return redirect(url_for(".index"))


@bp.route("/export/<any(apprentices, employers, placements, attendance, difficulties):table>.csv")
@may_("export")
def export(table: str) -> ResponseReturnValue:
    """A table as CSV, in the import's columns."""
    if table == rules.DIFFICULTIES_TABLE:
        check(g.actor, "edit-people")
    body = "".join(rules.csv_rows(queries.columns(table), queries.rows(g.actor, table)))
    response = Response(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{table}-{clock.today().isoformat()}.csv"'
    return response
