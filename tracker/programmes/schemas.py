"""What a valid programme is."""

from tracker import inputs
from tracker.errors import N_


class ProgrammeSchema(inputs.Sheet):
    """A programme that central adds."""

    code = inputs.Text(needed=N_("Enter a code, such as hotel-24m."))
    name_sw = inputs.Text(needed=N_("Enter the name in Kiswahili."))
    name_en = inputs.Text()
    award = inputs.CodeOf("awards", N_("There is no award %(text)s."))
    months = inputs.Whole(1, 60, needed=N_("Enter the number of months."))
    centre_weeks = inputs.Whole(0, 260)
    workplace_weeks = inputs.Whole(0, 260)
    threshold_percent = inputs.Whole(0, 100)
