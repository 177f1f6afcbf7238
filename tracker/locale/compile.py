"""`python -m tracker.locale.compile` makes `daftari.mo` from the `.po` files. Needs Babel, so development only."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "sw"
TARGET = FOLDER / "LC_MESSAGES" / "daftari.mo"


class Timeless(Catalog):
    """A catalogue whose header names no date and no tool, so that equal sentences are equal bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """What gettext has to know, and no more."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", "nplurals=2; plural=(n != 1);")]


def merged() -> Catalog:
    """All sentences of all `.po` files; two different words for the same sentence raise ValueError."""
    whole = Timeless(locale="sw", charset="utf-8")
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="sw", abort_invalid=True):
                if message.id:
                    _take(whole, message, path.name)
    return whole


def _take(whole: Catalog, message: Message, file_name: str) -> None:
    known = whole.get(message.id, message.context)
    if known is not None and known.string != message.string:
        raise ValueError(f"{file_name}: {message.id!r} is {known.string!r} elsewhere and {message.string!r} here")
    whole.add(message.id, message.string, context=message.context)


def compiled() -> bytes:
    """The bytes of the `.mo`; the same for the same `.po` files on any machine."""
    buffer = BytesIO()
    write_mo(buffer, merged())
    return buffer.getvalue()


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(compiled())
