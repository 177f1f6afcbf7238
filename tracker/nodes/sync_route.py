"""`POST /sync`: the one address where nodes speak. No page: no cookie, no form token, no page headers, and never a 500.

What a stranger may send is bounded before it is read; whatever cannot be read gets an envelope that refuses.
"""

import logging

from flask import Blueprint, g, request, Response
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from tracker import replication
from tracker.nodes import actions
from tracker.web import at_most, node_only

log = logging.getLogger(__name__)
bp = Blueprint("sync", __name__)


@bp.route("/sync", methods=["POST"])
@at_most("sync_max_bytes")
@node_only
def sync() -> Response:
    """One envelope in, one out."""
    return Response(_reply(), content_type=replication.CONTENT_TYPE)


def _reply() -> bytes:
    try:
        # A proxy that turns a message into chunks may also cut it; a node always says how long it is.
        if request.content_length is None:
            return replication.refuse(replication.Unreadable)
        return actions.answer(request.get_data(cache=False), name=g.settings.name)
    except RequestEntityTooLarge:
        return replication.refuse(replication.TooLarge)
    except ClientDisconnected:  # the line broke, as lines do; nobody hears this, and the node asks again
        log.info("an envelope broke off")
        return replication.refuse(replication.Unreadable)
    except Exception:
        log.exception("an envelope could not be answered")
        return replication.refuse(replication.SyncError)
