"""What the list of programmes refuses."""

from tracker.errors import DomainError, N_


class CodeTaken(DomainError):
    """The pack or central already has a programme of this code."""

    code, status = "programmes.code_taken", 409
    sentence = N_("There is already a programme with the code %(text)s.")
