"""What has to be typed before a person is erased: nobody does this by a slip of the hand."""

from tracker.errors import DomainError, N_


class NotTyped(DomainError):
    """What was typed is not what stands on the page."""

    code, status = "erasure.not_typed", 422
    sentence = N_("What you typed is not %(expected)s. Nothing was erased. Type it as it stands above.")


def to_type(number: str | None, name: str) -> str:
    """What names the person beyond doubt: the admission number, else the name."""
    return number or name


def check_typed(expected: str, typed: str) -> None:
    """Raises NotTyped; spaces around and capital letters do not count."""
    if not expected or " ".join(typed.split()).casefold() != " ".join(expected.split()).casefold():
        raise NotTyped(expected=expected)
