"""What the pages of this slice share. The pages stand in session_routes.py and checklist_routes.py, which look at earlier slices too."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from tracker.errors import DomainError
from tracker.i18n import _, say
from tracker.inputs import accept
from tracker.safety import forms, models, rules
from tracker.web import Form, page

bp = Blueprint("safety", __name__)
TABLES = (models.ChecklistItem, models.ChecklistAnswer, models.SafetySession, models.SafetyPresence)
Done = TypeVar("Done")


def attempt(form: Form, act: Callable[[], Done]) -> Done | None:
    """What was done; None with the reason above the form, or beside its date."""
    try:
        return act()
    except DomainError as refusal:
        if refusal.status in {403, 404}:
            raise
        if isinstance(refusal, rules.NotHeldYet | rules.FarSession):
            form["on"].errors = [*form["on"].errors, say(refusal)]
        else:
            form.form_errors.append(say(refusal))
        return None


def asked() -> str | None:
    """The `centre` of addresses; left out for the own one."""
    return request.values.get("centre") or None


def withdrawing(title: str, back: str, done: str, act: Callable[[str], object]) -> ResponseReturnValue:
    """The page that asks why something is withdrawn, and does it."""
    form = forms.WhyForm()
    if values := accept(form, forms.WhySchema()):
        act(values["why"])
        flash(done)
        return redirect(back)
    return page("safety/form.html", form=form, title=title, back=back, submit=_("Withdraw"))


# The pages; they need what stands above.
from tracker.safety import checklist_routes, session_routes  # noqa: E402, F401
