"""Holding a data folder, and putting files in their place."""

import subprocess
import sys
from pathlib import Path

import pytest

from tracker import folder

HOLDER = """
import sys
from pathlib import Path
from tracker import folder
with folder.share(Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


def _no_wait(_seconds: float) -> None:
    return


def test_several_share_a_folder_and_nobody_has_it_alone_meanwhile(tmp_path: Path) -> None:
    with folder.share(tmp_path), folder.share(tmp_path), pytest.raises(folder.InUse), folder.alone(tmp_path, _no_wait):
        pass
    with folder.alone(tmp_path), pytest.raises(folder.InUse):
        folder.share(tmp_path, wait=_no_wait)


def test_only_the_first_looks_at_what_was_left_behind(tmp_path: Path) -> None:
    looked: list[int] = []
    with folder.share(tmp_path, lambda: looked.append(1)), folder.share(tmp_path, lambda: looked.append(2)):
        assert looked == [1]


def test_a_hold_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(folder.InUse), folder.alone(tmp_path, _no_wait):
            pass
        other.kill()
        other.wait()
    with folder.alone(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_held_without_making_it(tmp_path: Path) -> None:
    with folder.share(tmp_path / "nowhere"):
        assert not (tmp_path / "nowhere").exists()


def test_a_renaming_that_is_refused_for_a_while_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, target = tmp_path / "draft", tmp_path / "target"
    draft.write_text("new")
    target.write_text("old")
    refusals = iter([True] * 5)
    rename = Path.replace

    def scanned(self: Path, to: Path) -> Path:
        if next(refusals, False):
            raise PermissionError
        return rename(self, to)

    monkeypatch.setattr(Path, "replace", scanned)
    folder.put_in_place(draft, target, _no_wait)
    assert target.read_text() == "new"
