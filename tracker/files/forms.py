"""The form that uploads a file."""

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField
from wtforms.validators import InputRequired

from tracker.errors import N_
from tracker.files.rules import KINDS
from tracker.i18n import _
from tracker.web import Form

KIND_NAMES = {
    "apprentices": N_("Apprentices"),
    "employers": N_("Employers"),
    "placements": N_("Placements"),
    "attendance": N_("Attendance"),
}


class UploadForm(Form):
    """A file and what its rows are."""

    kind = RadioField(N_("What are the rows?"), [InputRequired(N_("Choose what the rows are."))])
    file = FileField(
        N_("File (CSV UTF-8)"), [FileRequired(N_("Choose a file."))], render_kw={"accept": ".csv,text/csv,text/plain", "required": True}
    )

    def __init__(self) -> None:
        super().__init__()
        self.kind.choices = [(kind, _(KIND_NAMES[kind])) for kind in KINDS]
