"""What every page stands on: who may see it, how it is drawn, what its headers say. Imports no slice."""

from tracker.web.access import access_of, at_most, login_required, may_, node_only, public
from tracker.web.forms import DayField, Form, PasswordField, ReadDayField, ShownPasswordField, typed
from tracker.web.headers import cookie_name, give_cookie
from tracker.web.install import install
from tracker.web.pages import nav_item, page, phone_asking, set_loader, set_phone_finder, SyncState, top_bar, wants_json
from tracker.web.static import static_url, static_version, worker_script
from tracker.web.transport import is_clear, reach

__all__ = [
    "DayField",
    "Form",
    "PasswordField",
    "ReadDayField",
    "ShownPasswordField",
    "SyncState",
    "access_of",
    "at_most",
    "cookie_name",
    "give_cookie",
    "install",
    "is_clear",
    "login_required",
    "may_",
    "nav_item",
    "node_only",
    "page",
    "phone_asking",
    "public",
    "reach",
    "set_loader",
    "set_phone_finder",
    "static_url",
    "static_version",
    "top_bar",
    "typed",
    "wants_json",
    "worker_script",
]
