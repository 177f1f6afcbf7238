"""Every way a sync can fail: a code for programs, a sentence for people, and whether trying again may help.

The sentences are message ids: `tracker/locale` holds their Kiswahili. Nothing here ever names a person.
"""

from typing import ClassVar


class SyncError(Exception):
    """The common ancestor; `params` fill the named places of `sentence`."""

    code: ClassVar[str] = "sync.failed"
    sentence: ClassVar[str] = "The exchange failed. Nothing is lost; try again later."
    retry: ClassVar[bool] = False

    def __init__(self, **params: object) -> None:
        super().__init__(self.sentence % params if params else self.sentence)
        self.params = params


class Unreadable(SyncError):
    """Bytes that are not a message, a segment or a body of a version we know."""

    code = "sync.unreadable"
    sentence = "The other side sent something that is not a Daftari message. Check the address of the server."


class TooLarge(SyncError):
    """A message, a body or a count above the absolute caps."""

    code = "sync.too_large"
    sentence = "The other side sent more than one message may hold. Nothing was taken over."


class TooNew(SyncError):
    """A version above ours: the sentence tells the right side to upgrade."""

    code = "sync.too_new"
    sentence = "The other side uses a newer Daftari. Install the newer version on this computer, then sync again."


class Forged(SyncError):
    """A signature, an id or a box that does not hold."""

    code = "sync.forged"
    sentence = "A message did not carry the right signature. Nothing was taken over. Tell your coordinator."


class Stranger(SyncError):
    """The sender is in no directory we hold."""

    code = "sync.stranger"
    sentence = "The server does not know this computer. Join it with an invitation code first."


class NotJoined(SyncError):
    """This laptop has no server yet."""

    code = "sync.not_joined"
    sentence = "This computer has not joined a server yet. Ask the central office for an invitation code, then use Join."


class BadInvitation(SyncError):
    """The code is mistyped, used, withdrawn or of another server."""

    code = "sync.bad_invitation"
    sentence = "The invitation code is not valid here. Check every letter and the server's address, or ask for a new code."


class AlreadyJoined(SyncError):
    """The data folder belongs to a centre already."""

    code = "sync.already_joined"
    sentence = "This data folder has joined a server already. Use an empty data folder for another one."


class Unreachable(SyncError):
    """No connection, or none that lasted."""

    code = "sync.unreachable"
    sentence = "The server cannot be reached. You can go on working; everything is saved here and is sent when there is a line."
    retry = True


class NotDaftari(SyncError):
    """Something answered, but not our server: a captive portal, a proxy, a wrong address."""

    code = "sync.not_daftari"
    sentence = (
        "Something else than Daftari answered. Open a web page to sign in to this network, or check the server's address. Nothing is lost."
    )
    retry = True


class OwnBundle(SyncError):
    """A bundle that came back to the one who wrote it."""

    code = "sync.own_bundle"
    sentence = "This computer has written this bundle itself. Carry it to the computer that it is meant for, and bring back the answer."


class Stuck(SyncError):
    """Both sides speak, but no exchange brings them nearer."""

    code = "sync.stuck"
    sentence = "The two computers did not come to an agreement. Nothing is lost; try again, and tell your coordinator if it goes on."


def sentence_of(code: str) -> str:
    """The sentence of an error's code, for a log that kept the code alone."""
    return next((error.sentence for error in SyncError.__subclasses__() if error.code == code), SyncError.sentence)
