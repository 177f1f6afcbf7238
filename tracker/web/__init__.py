"""What every page stands on: who may see it, how it is drawn, what its headers say. Imports no slice."""

from tracker.web.access import access_of, at_most, login_required, may_, node_only, public
from tracker.web.forms import DayField, Form, ReadDayField, typed
from tracker.web.headers import cookie_name
from tracker.web.install import install
from tracker.web.pages import nav_item, page, set_loader, SyncState, top_bar, wants_json
from tracker.web.static import static_url, static_version, worker_script

__all__ = [
    "DayField",
    "Form",
    "ReadDayField",
    "SyncState",
    "access_of",
    "at_most",
    "cookie_name",
    "install",
    "login_required",
    "may_",
    "nav_item",
    "node_only",
    "page",
    "public",
    "set_loader",
    "static_url",
    "static_version",
    "top_bar",
    "typed",
    "wants_json",
    "worker_script",
]
