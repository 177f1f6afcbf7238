"""What can be wrong, as values and as classes; each carries its own sentence.

Wrong input is collected and shown (`Problem`); a request that cannot be granted raises (`DomainError`), and one
handler in `web` makes a page or JSON of it. `N_` lives here because `rules.py` files name their sentences and may
import nothing else of the floor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


def N_(sentence: str) -> str:  # noqa: N802 - the name that gettext tools know
    """Mark a sentence for translation where it is defined; it is translated where it is shown."""
    return sentence


class DomainError(Exception):
    """A request that the register refuses, with the sentence that says why.

    code      stable, for programs: `slice.reason`
    status    of HTTP
    sentence  English, with `%(name)s` places that the constructor's parameters fill
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    sentence: ClassVar[str] = N_("That is not possible here.")

    def __init__(self, **params: object) -> None:
        """Keep the parameters of the sentence; dates stay dates until the language is known."""
        super().__init__(params)
        self.params = params

    def __str__(self) -> str:
        """The sentence in English, for logs and tests."""
        return self.sentence % self.params


class NotFound(DomainError):
    """There is no such thing, or it is none of the asker's business: both look the same."""

    code, status = "not_found", 404
    sentence = N_("This page or record was not found.")


class NotAllowed(DomainError):
    """The role does not include this act."""

    code, status = "not_allowed", 403
    sentence = N_("Your role does not allow this.")


@dataclass(frozen=True)
class Problem:
    """One fault in what was typed or imported.

    row         line of the file, the heading being 1; None = the whole input
    column      name of the column or field; None = the whole row
    sentence    as in DomainError, with `params` for its places
    is_warning  shown, but does not stop the work
    """

    row: int | None
    column: str | None
    sentence: str
    params: Mapping[str, object] = field(default_factory=dict)
    is_warning: bool = False
