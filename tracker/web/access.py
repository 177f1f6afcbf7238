"""Every route says who may. A route that says nothing is refused, and a house test names it.

`@public`, `@login_required`, `@may_("verb")`, `@node_only`: exactly one stands under `@bp.route`. It opens the front
door only; whose row it is, the access doors in `queries.py` decide.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, redirect, request, Response, url_for
from flask.typing import ResponseReturnValue

from tracker import policy
from tracker.errors import DomainError, N_
from tracker.web.pages import wants_json

View = Callable[..., ResponseReturnValue]


class SignInFirst(DomainError):
    """Nobody is signed in, or no longer."""

    code, status = "sign_in_first", 401
    sentence = N_("Please sign in first.")


def _says(view: View, access: str) -> View:
    vars(view)["access"] = access
    return view


def access_of(view: Callable[..., Any]) -> str | None:
    """What the view says about who may: public, signed-in, node, or a verb of the policy; None = it forgot."""
    access = vars(view).get("access")
    return access if isinstance(access, str) else None


def public(view: View) -> View:
    """Everyone may, signed in or not."""
    return _says(view, "public")


def node_only(view: View) -> View:
    """Other nodes' programs call this; the engine checks their signatures, and no cookie counts."""
    return _says(view, "node")


def _to_sign_in() -> Response:
    if wants_json() or request.method != "GET":
        raise SignInFirst
    way_back = request.full_path.rstrip("?")
    answer = redirect(url_for("accounts.sign_in", next=None if way_back == "/" else way_back))
    assert isinstance(answer, Response)
    return answer


def login_required(view: View) -> View:
    """Any person who is signed in may."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        return _to_sign_in() if g.actor is None else view(*args, **kwargs)

    return _says(guarded, "signed-in")


def may_(verb: str) -> Callable[[View], View]:
    """Whoever has a role that includes `verb` may."""
    if verb not in policy.VERBS:
        raise ValueError(f"no such verb: {verb}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
            if g.actor is None:
                return _to_sign_in()
            policy.check(g.actor, verb)
            return view(*args, **kwargs)

        return _says(guarded, verb)

    return decorate


def at_most(setting: str) -> Callable[[View], View]:
    """The request may be as large as this setting (in bytes) says; put it directly under `@bp.route`."""

    def decorate(view: View) -> View:
        vars(view)["size_setting"] = setting
        return view

    return decorate
