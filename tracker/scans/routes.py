"""A photo as a browser shows it, and what pages of later slices say about those they have."""

from typing import Any

from flask import Blueprint, g, Response

from tracker.errors import NotFound
from tracker.scans import models, queries, rules
from tracker.web import may_

bp = Blueprint("scans", __name__)
TABLES = (models.Scan, models.ScanPiece)


@bp.app_context_processor
def panel() -> dict[str, Any]:
    """What `scans/_photos.html` shows: the photos of a row that the page shows already."""

    def photos_of(partition: str, subject_id: str) -> list[queries.Photo]:
        return queries.photos_of(partition, [subject_id]).get(subject_id, [])

    return {"photos_of": photos_of}


@bp.route("/<scan_id>")
@may_("read")
def photo(scan_id: str) -> Response:
    """The picture itself. No cache keeps it, and no browser takes it for anything else."""
    scan = queries.scan_for(g.actor, scan_id)
    content, mime = queries.content_of(scan), rules.MIME_BY_KIND.get(scan.kind or "")
    if content is None or mime is None or scan.void_reason is not None:
        raise NotFound
    response = Response(content, mimetype=mime)
    response.headers["Content-Disposition"] = "inline"
    # Opened by itself it is a document of this site: one that may load and run nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
