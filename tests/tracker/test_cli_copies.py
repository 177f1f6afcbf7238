"""backup, restore."""

import errno
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.country import machine
from tests.tracker.commands import Terminal, terminal
from tracker import config, disk, folder, replication
from tracker.cli import run
from tracker.cli.voice import at_work
from tracker.db import db
from tracker.people import actions as people
from tracker.policy import OPERATOR
from tracker.replication import copies as files
from tracker.replication import keeping

__all__ = ["terminal"]


def _execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
    return found


def _refusal(terminal: Terminal, *words: str, home: Path | None = None) -> str:
    told = terminal(*words, "--json", home=home)
    assert told.code == 1
    return str(told.json["error"]["code"])


def _write(terminal: Terminal, name: str) -> None:
    """A change that waits to be sent: an employer's record."""
    path = terminal.home.parent / "employers.csv"
    path.write_text(f"name\n{name}\n", encoding="utf-8")
    terminal.json("import", "employers", str(path))


def _employers(home: Path) -> list[object]:
    return [name for (name,) in _execute(home / "daftari.sqlite3", "select name from employer order by name")]


# ---- backup


def test_a_backup_is_one_file_that_says_what_it_holds(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    target = tmp_path / "akiba.zip"
    told = terminal.json("backup", str(target))
    assert told["bytes"] == target.stat().st_size
    assert [path.name for path in tmp_path.iterdir() if "akiba" in path.name] == ["akiba.zip"]
    assert [path.name for path in terminal.home.glob("copy-*")] == []
    with zipfile.ZipFile(target) as bundle:
        said = json.loads(bundle.read("manifest.json"))
        assert {each.filename for each in bundle.infolist()} == {"manifest.json", *said["members"]}
        assert all(each.compress_type == zipfile.ZIP_DEFLATED for each in bundle.infolist())
    assert (said["daftari_backup"], said["name"], said["seat"]) == (1, "Chuo cha Meru", "centre")
    assert said["members"].keys() == {"daftari.sqlite3", "secret-key", "settings.toml"}
    assert len(said["heads"]) == told["partitions"] == 1
    assert terminal.json("backup", str(target))["file"] == str(target)  # a newer one takes its place


def test_a_backup_overwrites_only_a_backup_of_this_computer(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    letter, theirs, zipped = tmp_path / "letter.txt", tmp_path / "theirs.zip", tmp_path / "letters.zip"
    letter.write_text("Dear all")
    with zipfile.ZipFile(zipped, "w") as bundle:
        bundle.write(letter)
    other = Terminal(tmp_path / "other", terminal.capsys, terminal.monkeypatch).centre()
    other.json("backup", str(theirs))
    for target in (letter, zipped, theirs, terminal.home / "daftari.sqlite3"):
        before = target.read_bytes()
        assert _refusal(terminal, "backup", str(target)) == "backup.would_overwrite"
        assert target.read_bytes() == before


def test_a_folder_is_no_name_for_a_backup(terminal: Terminal, tmp_path: Path) -> None:
    assert _refusal(terminal.centre(), "backup", str(tmp_path)) == "backup.would_overwrite"
    told = terminal("backup", str(tmp_path / "nowhere" / "akiba.zip"))
    assert (told.code, told.err) == (1, f"The backup was not written: {tmp_path / 'nowhere'}: there is no such file or folder\n")


def test_two_backups_at_once_do_not_write_into_the_same_file(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.centre()
    monkeypatch.setattr(folder, "PAUSE_S", 0)
    with folder.alone(terminal.home, name=folder.BACKUP_FILE):
        assert _refusal(terminal, "backup", str(tmp_path / "akiba.zip")) == "backup.under_way"
    terminal.json("backup", str(tmp_path / "akiba.zip"))


def test_a_backup_that_was_killed_leaves_no_copy_of_the_register_for_good(terminal: Terminal, tmp_path: Path) -> None:
    left = terminal.centre().home / "copy-abc"
    left.mkdir()
    (left / "daftari.sqlite3").write_bytes(b"names")
    terminal.json("backup", str(tmp_path / "akiba.zip"))
    assert not left.exists()


def test_a_full_computer_is_backed_up_onto_a_stick_with_room(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    terminal.centre()
    free = disk.free_bytes
    monkeypatch.setattr(disk, "free_bytes", lambda place: 0 if place == terminal.home else free(place))
    (stick / "copy-of-my-photos").mkdir()
    worked: list[Path] = []
    copy = files.copy_database

    def watched(source: Path, target: Path) -> files.Heads:
        worked.append(target)
        return copy(source, target)

    monkeypatch.setattr(files, "copy_database", watched)
    terminal.json("backup", str(stick / "akiba.zip"))
    assert {path.name for path in stick.iterdir()} == {"akiba.zip", "copy-of-my-photos"}
    assert worked[0].is_relative_to(stick)


def test_it_is_said_which_disk_is_full(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_words: object, **_said: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    stick = tmp_path / "stick"
    stick.mkdir()
    terminal.centre()
    monkeypatch.setattr(files, "write", refuse)
    free = disk.free_bytes
    monkeypatch.setattr(disk, "free_bytes", lambda place: 0 if place == stick else free(place))
    assert f"the disk of {stick} is full" in terminal("backup", str(stick / "akiba.zip")).err


def test_a_backup_that_does_not_read_back_leaves_the_older_one(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.centre()
    target = tmp_path / "akiba.zip"
    terminal.json("backup", str(target))
    before = target.read_bytes()
    written = files.write

    def on_a_failing_disk(draft: Path, members: dict[str, Path], **said: object) -> files.Manifest:
        made = written(draft, members, **said)
        body = bytearray(draft.read_bytes())
        body[len(body) // 2] ^= 1
        draft.write_bytes(body)
        return made

    monkeypatch.setattr(files, "write", on_a_failing_disk)
    assert _refusal(terminal, "backup", str(target)) == "backup.failed"
    assert target.read_bytes() == before
    assert not list(tmp_path.glob("*.unfinished*"))


def test_a_register_whose_rows_do_not_follow_from_its_segments_is_not_backed_up(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre().json("check")
    _execute(terminal.home / "daftari.sqlite3", "update centre set name = 'forged'")
    told = terminal("backup", str(tmp_path / "akiba.zip"), "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "backup.failed")
    sentence = told.json["error"]["sentence"]
    assert "table centre" in sentence
    assert sentence.endswith("Examine the register with: daftari check --deep")
    assert not (tmp_path / "akiba.zip").exists()


# ---- restore


def test_a_backup_brings_back_what_was_lost_and_keeps_what_was_there(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    _write(terminal, "Hoteli ya Meru")
    terminal.json("backup", str(tmp_path / "akiba.zip"))
    _execute(terminal.home / "daftari.sqlite3", "update employer set name = 'rubbish'")
    told = terminal.json("restore", str(tmp_path / "akiba.zip"))
    assert _employers(terminal.home) == ["Hoteli ya Meru"]
    assert terminal.json("check", "--deep")["ok"]
    aside = Path(told["set_aside"])
    assert aside.parent == terminal.home
    assert aside.name.startswith("daftari.sqlite3.before-restore-")
    assert _execute(aside, "select name from employer") == [("rubbish",)]
    assert list(terminal.home.glob("copy-*")) == []


def test_a_new_computer_takes_a_backup_over_with_its_settings(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre().json("backup", str(tmp_path / "akiba.zip"))
    before = terminal.json("status")
    home = tmp_path / "new"
    assert terminal.json("restore", str(tmp_path / "akiba.zip"), "--home", str(home))["set_aside"] is None
    assert {**Terminal(home, terminal.capsys, terminal.monkeypatch).json("status"), "home": before["home"]} == before


def test_a_restore_that_is_cut_leaves_no_register_without_its_settings(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.centre().json("backup", str(tmp_path / "akiba.zip"))
    fresh = tmp_path / "new-computer"

    def cut(draft: Path, target: Path) -> None:
        placed(draft, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        placed = folder.put_in_place
        patched.setattr(folder, "put_in_place", cut)
        patched.setattr(files, "put_in_place", cut)
        assert terminal("restore", str(tmp_path / "akiba.zip"), "--home", str(fresh)).code == 1
    assert (fresh / "settings.toml").exists()
    terminal.json("restore", str(tmp_path / "akiba.zip"), "--home", str(fresh))
    assert Terminal(fresh, terminal.capsys, terminal.monkeypatch).json("status")["name"] == "Chuo cha Meru"


def test_a_new_computer_can_read_the_marks_that_wait_sealed_on_phones(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    sealing = config.secret_key(config.load(terminal.home, {}))
    terminal.json("backup", str(tmp_path / "akiba.zip"))
    fresh = tmp_path / "new-computer"
    terminal.json("restore", str(tmp_path / "akiba.zip"), "--home", str(fresh))
    assert config.secret_key(config.load(fresh, {})) == sealing
    assert (fresh / "secret-key").stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_phones_that_trust_the_centre_trust_the_new_computer(terminal: Terminal, tmp_path: Path) -> None:
    authority = terminal.centre().home / "https" / "authority.pem"
    authority.parent.mkdir()
    authority.write_text("key and certificate", encoding="ascii")
    terminal.json("backup", str(tmp_path / "akiba.zip"))
    fresh = tmp_path / "new-computer"
    terminal.json("restore", str(tmp_path / "akiba.zip"), "--home", str(fresh))
    kept = fresh / "https" / "authority.pem"
    assert kept.read_text(encoding="ascii") == "key and certificate"
    assert (kept.stat().st_mode | kept.parent.stat().st_mode) & 0o077 == 0 or os.name == "nt"


def test_a_bare_database_of_an_older_version_is_still_a_backup(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    _write(terminal, "Hoteli ya Meru")
    files.copy_database(terminal.home / "daftari.sqlite3", tmp_path / "akiba.sqlite3")
    _execute(terminal.home / "daftari.sqlite3", "update employer set name = 'rubbish'")
    terminal.json("restore", str(tmp_path / "akiba.sqlite3"))
    assert _employers(terminal.home) == ["Hoteli ya Meru"]


def test_a_bare_database_brings_what_its_log_holds(terminal: Terminal, tmp_path: Path) -> None:
    source = terminal.centre().home / "daftari.sqlite3"
    with closing(sqlite3.connect(source)) as reader:  # while it is open the log is not copied into the file
        reader.execute("select count(*) from employer")
        _write(terminal, "Hoteli ya Meru")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{source}{suffix}", tmp_path / f"akiba.sqlite3{suffix}")
    terminal.json("restore", str(tmp_path / "akiba.sqlite3"), "--home", str(tmp_path / "new"))
    assert _employers(tmp_path / "new") == ["Hoteli ya Meru"]


def test_what_was_never_sent_is_not_left_behind_unasked(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    _write(terminal, "Hoteli ya Meru")
    terminal.json("backup", str(tmp_path / "akiba.zip"))
    _write(terminal, "Hoteli ya Kibo")
    told = terminal("restore", str(tmp_path / "akiba.zip"), "--json")
    assert (told.code, told.json["error"]["code"], told.json["unsent"]) == (1, "restore.unsent", 1)
    assert _employers(terminal.home) == ["Hoteli ya Kibo", "Hoteli ya Meru"]
    told = terminal("restore", str(tmp_path / "akiba.zip"), "--leave-unsent", "--json")
    assert told.json["left_unsent"] == 1
    assert _employers(terminal.home) == ["Hoteli ya Meru"]
    assert _employers_of(Path(told.json["set_aside"])) == ["Hoteli ya Kibo", "Hoteli ya Meru"]


def _employers_of(database: Path) -> list[object]:
    return [name for (name,) in _execute(database, "select name from employer order by name")]


def test_another_computers_backup_is_refused_where_there_is_a_register(terminal: Terminal, tmp_path: Path) -> None:
    other = Terminal(tmp_path / "other", terminal.capsys, terminal.monkeypatch).centre()
    other.json("backup", str(tmp_path / "theirs.zip"))
    terminal.centre()
    before = _execute(terminal.home / "daftari.sqlite3", "select id, name from centre")
    assert _refusal(terminal, "restore", str(tmp_path / "theirs.zip"), "--leave-unsent") == "restore.other_node"
    assert _execute(terminal.home / "daftari.sqlite3", "select id, name from centre") == before


def test_nothing_is_put_back_under_the_hands_of_a_server(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.centre().json("backup", str(tmp_path / "akiba.zip"))
    monkeypatch.setattr(folder, "PAUSE_S", 0)
    words = [sys.executable, "-m", "tracker", "--home", str(terminal.home), "serve", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert b"http" in server.stdout.readline()
        assert _refusal(terminal, "restore", str(tmp_path / "akiba.zip")) == "folder.in_use"
        assert terminal.json("status")["name"] == "Chuo cha Meru"  # other commands go on beside it
        server.kill()
    terminal.json("restore", str(tmp_path / "akiba.zip"))


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_backup_is_refused_and_changes_nothing(terminal: Terminal, tmp_path: Path, seed: int) -> None:
    terminal.centre().json("backup", str(tmp_path / "akiba.zip"))
    body = bytearray((tmp_path / "akiba.zip").read_bytes())
    rng = random.Random(seed)
    place = rng.randrange(200, len(body) - 500)  # within the members; the rest of a zip says things twice
    body[place] ^= rng.randrange(1, 256)
    (tmp_path / "akiba.zip").write_bytes(body)
    before = (terminal.home / "daftari.sqlite3").read_bytes()
    assert _refusal(terminal, "restore", str(tmp_path / "akiba.zip")) == "backup.damaged"
    assert (terminal.home / "daftari.sqlite3").read_bytes() == before


def _erase(terminal: Terminal) -> None:
    """Erase the employer, as the authority orders it for people."""
    ((employer,),) = _execute(terminal.home / "daftari.sqlite3", "select id from employer")
    with at_work(config.load(terminal.home)):
        keeping.erase(replication.home(), [("employer", str(employer))])
        files.note_erasures(terminal.home)


@pytest.mark.parametrize("lost", ["nothing", "database"])
def test_what_was_erased_since_does_not_come_back(terminal: Terminal, tmp_path: Path, lost: str) -> None:
    terminal.centre()
    _write(terminal, "Hoteli ya Meru")
    terminal.json("backup", str(tmp_path / "akiba.zip"))
    _erase(terminal)
    assert _employers(terminal.home) == []
    if lost == "database":
        (terminal.home / "daftari.sqlite3").unlink()
    else:
        (terminal.home / "erasures.json").unlink()
    terminal.json("restore", str(tmp_path / "akiba.zip"), "--leave-unsent")
    assert _employers(terminal.home) == []
    assert terminal.json("check", "--deep")["ok"]
    assert b"Hoteli ya Meru" not in (terminal.home / "daftari.sqlite3").read_bytes()
    assert "employer" in (terminal.home / "erasures.json").read_text()


def test_nothing_is_restored_beside_a_list_of_erasures_that_cannot_be_read(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre().json("backup", str(tmp_path / "akiba.zip"))
    (terminal.home / "erasures.json").write_text('{"centre/0": 1')
    assert _refusal(terminal, "restore", str(tmp_path / "akiba.zip")) == "restore.erasures_damaged"


def test_a_file_that_is_no_backup_is_said_so(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre()
    (tmp_path / "letter.txt").write_text("Dear all")
    _execute(tmp_path / "other.sqlite3", "create table letter (words)")
    with zipfile.ZipFile(tmp_path / "letters.zip", "w") as bundle:
        bundle.write(tmp_path / "letter.txt")
    for name in ("letter.txt", "other.sqlite3", "letters.zip"):
        assert _refusal(terminal, "restore", str(tmp_path / name)) == "backup.not_ours"
    assert _refusal(terminal, "restore", str(tmp_path / "nothing.zip")) == "disk"


def test_a_database_that_cannot_be_read_gives_way_only_when_told_to(terminal: Terminal, tmp_path: Path) -> None:
    terminal.centre().json("backup", str(tmp_path / "akiba.zip"))
    rubbish = b"not a database" * 1000
    (terminal.home / "daftari.sqlite3").write_bytes(rubbish)
    assert _refusal(terminal, "restore", str(tmp_path / "akiba.zip")) == "restore.present_unreadable"
    told = terminal.json("restore", str(tmp_path / "akiba.zip"), "--leave-unsent")
    assert Path(told["set_aside"]).read_bytes() == rubbish
    assert terminal.json("check", "--deep")["ok"]


def test_backups_under_the_hands_of_a_writer_are_each_of_one_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laptop = machine(tmp_path / "laptop", secret_key="")
    with laptop.app.app_context():
        centre = replication.found_centre()
    stop = Event()

    def write() -> None:
        for number in count():
            with laptop.on():
                people.register_apprentice(OPERATOR, centre, {"given_name": f"Asha {number}", "family_name": "Juma"})
            if stop.is_set():
                return

    writer = Thread(target=write)
    writer.start()
    try:
        codes = [run(["--home", str(tmp_path / "laptop"), "backup", str(tmp_path / f"{k}.zip")]) for k in range(4)]
    finally:
        stop.set()
        writer.join()
    assert codes == [0, 0, 0, 0], capsys.readouterr()
    saved = []
    for k in range(4):
        (tmp_path / str(k)).mkdir()
        files.unpack(tmp_path / f"{k}.zip", tmp_path / str(k))
        saved.append(_execute(tmp_path / str(k) / "daftari.sqlite3", "select count(*) from apprentice"))
    assert saved == sorted(saved)
    assert saved[0] < saved[-1]
    with laptop.app.app_context():
        db.engine.dispose()
