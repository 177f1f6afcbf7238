"""The README's tables hold every command and every setting, and no other."""

import re

from tests.house.reading import ROOT
from tracker.cli.parser import build, verbs_of
from tracker.config import meanings


def _first_cells(heading: str) -> set[str]:
    """The first word of the first cell of each row of the table below a heading."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert section, f"README.md has no section {heading}"
    return set(re.findall(r"^\| `([\w-]+)", section[1], re.MULTILINE))


def test_every_command_stands_in_the_readme() -> None:
    assert _first_cells("Commands") == set(verbs_of(build()))


def test_every_setting_stands_in_the_readme() -> None:
    assert _first_cells("Settings") == set(meanings())
