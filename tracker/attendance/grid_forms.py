"""A grid of boxes as a form sends it: what was typed, beside what the writer had before his eyes.

A box is the field `b<apprentice>.<column>`; the tokens of a row's marked boxes travel in one field `s<apprentice>`; what
is to be filled by itself is ticked in `rest`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from flask import request

from tracker.attendance import paper
from tracker.attendance.paper import Box, Entered, Reading
from tracker.attendance.rules import MarkValue
from tracker.i18n import say


@dataclass(frozen=True)
class Sent:
    """What came with a form; without one, nothing.

    texts  what was typed, by name of the box
    rest   what was ticked
    lost   names of boxes that were filled and stand on the page no more
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    reading: Reading = field(default_factory=lambda: Reading({}, {}))
    rest: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def may_be_saved(self) -> bool:
        """Whether everything is right."""
        return not self.reading.faults and not self.lost

    @property
    def entered(self) -> dict[Box, Entered]:
        """The marks with what their writer saw."""
        return {box: Entered(value, _seen(box)) for box, value in self.reading.values.items()}

    @property
    def faults(self) -> dict[str, str]:
        """The sentences beside the boxes, by name."""
        return {box.name: say(fault) for box, fault in self.reading.faults.items()}

    def tokens(self, shown: Mapping[Box, str]) -> dict[str, str]:
        """The field `s` of each apprentice for the page that is drawn now.

        What was typed keeps the token of what its writer saw: a page that comes back with a fault makes nothing fresh.
        shown  what the page shows in each of its boxes
        """
        found: dict[str, dict[str, str]] = {}
        for box, token in shown.items():
            seen = _seen(box) if box.name in self.texts else token
            found.setdefault(box.apprentice_id, {})[paper.column_name(box.on, box.slot)] = seen
        return {apprentice_id: paper.packed(seen) for apprentice_id, seen in found.items()}

    def about_lost(self, names: Mapping[str, str]) -> str:
        """Whose boxes are gone, in words; names by apprentice."""
        whom = sorted({names.get(name.partition(".")[0], "?") for name in self.lost})
        return say(paper.NoBox(names=", ".join(whom))) if whom else ""


def read(boxes: Collection[Box], reader: Callable[[Box, str], MarkValue | None]) -> Sent:
    """Read the form of this request. boxes: those that may be filled now; reader: raises DomainError over what means nothing."""
    texts = {name[1:]: text for name, text in request.form.items() if name.startswith("b") and text.strip()}
    by_name = {box.name: box for box in boxes}
    reading = paper.read_boxes({by_name[name]: text for name, text in texts.items() if name in by_name}, reader)
    return Sent(texts, reading, tuple(request.form.getlist("rest")), tuple(name for name in texts if name not in by_name))


def shown_rows() -> set[str]:
    """Ids of the apprentices who stood on the page that was sent."""
    return {name[1:] for name in request.form if name.startswith("s")}


def _seen(box: Box) -> str:
    return paper.unpacked(request.form.get(f"s{box.apprentice_id}", "")).get(paper.column_name(box.on, box.slot), "")
