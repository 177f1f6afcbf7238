"""bundle, join and invite by files, node: everything that goes without a line."""

import hashlib
import io
from pathlib import Path

import pytest

from tests.tracker.commands import PASSWORD, Terminal, terminal
from tracker.cli import run

__all__ = ["terminal"]


@pytest.fixture
def central(terminal: Terminal, tmp_path: Path) -> Terminal:
    """The central office, which nobody reaches by line."""
    office = Terminal(tmp_path / "central", terminal.capsys, terminal.monkeypatch)
    office.json("init", "--seat", "central", "--name", "Makao Makuu")
    return office


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """An empty stick."""
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def joined(terminal: Terminal, central: Terminal, stick: Path) -> Terminal:
    """A centre that has joined by stick, with its keeper."""
    code = central.json("invite", "--seat", "centre", "--name", "Chuo cha Meru", "--region", "TZ-01")["code"]
    terminal.json("join", "--request", str(stick / "ombi"), code)
    answer = central.json("invite", "--answer", str(stick / "ombi"))["file"]
    told = terminal.json("join", "--answer", answer, "--admin", "amina", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (told["seat"], told["name"], told["admin"], told["server"]) == ("centre", "Chuo cha Meru", "amina", "")
    return terminal


def register(laptop: Terminal, *names: str) -> None:
    """Import apprentices of these names."""
    file = laptop.home.parent / "apprentices.csv"
    rows = "".join(f"{name},{name}\n" for name in names)
    file.write_text(f"number,given_name\n{rows}", encoding="utf-8")
    laptop.json("import", "apprentices", str(file))


def exported(machine: Terminal) -> list[str]:
    """The names of the apprentices there."""
    file = machine.home.parent / f"{machine.home.name}-{len(list(machine.home.parent.iterdir()))}.csv"
    machine.json("export", "apprentices", str(file))
    return sorted(line.split(",")[1] for line in file.read_text(encoding="utf-8-sig").splitlines()[1:])


# ---- joining


def test_a_request_and_an_answer_are_refused_in_words(terminal: Terminal, central: Terminal, stick: Path) -> None:
    code = central.json("invite", "--seat", "centre", "--name", "Chuo cha Meru", "--region", "TZ-01")["code"]
    request = stick / "ombi"
    assert terminal("join", "--answer", str(request), "--json").json["error"]["code"] == "join.not_asked"
    assert terminal("join", "--request", str(request), "ABC", "--json").json["error"]["code"] == "sync.bad_invitation"
    terminal.json("join", "--request", str(request), code)
    assert terminal("join", "--request", str(request), code, "--json").json["error"]["code"] == "bundle.exists"
    assert central("invite", "--answer", str(stick / "none"), "--json").json["error"]["code"] == "bundle.cannot_read"
    assert terminal("invite", "--answer", str(request), "--json").json["error"]["code"] in {"node.not_set_up", "node.not_central"}
    (stick / "cut").write_bytes(request.read_bytes()[:-3])
    assert central("invite", "--answer", str(stick / "cut"), "--json").code == 1
    (stick / "letter").write_bytes(b"dear")
    assert central("invite", "--answer", str(stick / "letter"), "--json").json["error"]["code"] == "join.not_a_request"
    answer = central.json("invite", "--answer", str(request), "--into", str(stick / "jibu"))["file"]
    assert answer == str(stick / "jibu")
    assert terminal("join", "--answer", str(request), "--json").json["error"]["code"] == "join.not_an_answer"
    flipped = bytearray((stick / "jibu").read_bytes())
    flipped[60] ^= 1
    (stick / "flipped").write_bytes(flipped)
    assert terminal("join", "--answer", str(stick / "flipped"), "--json").json["error"]["code"] == "join.not_an_answer"
    terminal.json("join", "--answer", answer, "http://127.0.0.1:9")
    assert terminal.json("status")["server"] == "http://127.0.0.1:9"
    assert terminal("join", "--answer", answer, "--json").json["error"]["code"] == "sync.already_joined"


@pytest.mark.parametrize(
    "words",
    [
        ["join"],
        ["join", "http://a"],
        ["join", "--request", "f"],
        ["join", "--request", "f", "URL", "CODE"],
        ["join", "--request", "f", "--answer", "g"],
        ["join", "--answer", "f", "URL", "CODE"],
        ["join", "CODE", "http://a"],
        ["invite", "--into", "f"],
        ["bundle"],
        ["node"],
        ["bundle", "write", "f", "--size", "x"],
        ["bundle", "write", "f", "--size", "10"],
        ["bundle", "write", "f", "--size", "9" * 5000],
        ["bundle", "read"],
    ],
)
def test_words_that_do_not_belong_together_are_wrong_usage(terminal: Terminal, words: list[str]) -> None:
    told = terminal(*words, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "usage")


def test_a_centre_that_began_alone_joins_with_what_it_has(terminal: Terminal, central: Terminal, stick: Path) -> None:
    terminal.centre()
    register(terminal, "Asha")
    code = central.json("invite", "--seat", "centre", "--name", "Chuo cha Meru", "--region", "TZ-01")["code"]
    terminal.json("join", "--request", str(stick / "ombi"), code)
    terminal.json("join", "--answer", central.json("invite", "--answer", str(stick / "ombi"))["file"])
    terminal.json("bundle", "write", str(stick / "1.daftari"))
    assert central.json("bundle", "read", str(stick))["whole"]
    assert exported(central) == ["Asha"]
    assert terminal("join", "http://127.0.0.1:9", code, "--json").json["error"]["code"] == "sync.already_joined"


# ---- bundles


def test_a_bundle_goes_there_and_its_answer_comes_back(joined: Terminal, central: Terminal, stick: Path) -> None:
    register(joined, "Asha", "Neema")
    written = joined.json("bundle", "write", str(stick / "1.daftari"))
    assert written["changes"] >= 2
    assert written["files"] == [{"file": str(stick / "1.daftari"), "bytes": written["bytes"]}]
    assert [each["file"] for each in joined.json("status")["bundles_out"]] == ["1.daftari"]
    before = (stick / "1.daftari").read_bytes()
    read = central.json("bundle", "read", str(stick / "1.daftari"))
    assert (read["whole"], read["changes"] >= written["changes"], read["missing"]) == (True, True, [])
    assert (stick / "1.daftari").read_bytes() == before
    assert exported(central) == ["Asha", "Neema"]
    assert central.json("bundle", "read", str(stick / "1.daftari"))["changes"] == 0
    assert central("bundle", "write", str(stick / "2.daftari"), "--json").json["error"]["code"] == "bundle.to_whom"
    assert central.json("bundle", "write", str(stick / "2.daftari"), "--to", "chuo cha meru")["to_name"] == "Chuo cha Meru"
    answer = joined.json("bundle", "read", str(stick / "2.daftari"))
    assert answer["whole"]
    told = joined.json("status")
    assert told["bundles_out"] == []
    (centre,) = [each for each in told["partitions"] if each["partition"].startswith("centre/")]
    assert (centre["safe"]["central"]["unsafe"], centre["safe"]["region"]["stated"], centre["waiting"]) == (0, None, 0)
    assert centre["safe"]["central"]["stated"] > 0


def test_every_way_to_name_a_computer_finds_it(joined: Terminal, central: Terminal, stick: Path) -> None:
    (laptop,) = [each for each in central.json("node", "list")["nodes"] if each["seat"] == "centre"]
    key = laptop["key"]
    for count, name in enumerate((key, key[:8], key[:20].upper(), "CHUO CHA MERU")):
        assert central.json("bundle", "write", str(stick / f"{count}.daftari"), "--to", name)["to"] == key
    for name in (key[:7], "f" * 64, ""):
        assert central("bundle", "write", str(stick / "x"), "--to", name, "--json").json["error"]["code"] == "node.unknown"
    assert joined("bundle", "write", str(stick / "x"), "--to", key, "--json").json["error"]["code"] in {"node.unknown", "sync.own_bundle"}


def test_before_joining_there_is_nobody_to_write_to(terminal: Terminal, stick: Path) -> None:
    told = terminal.centre()("bundle", "write", str(stick / "1.daftari"), "--json")
    assert told.json["error"]["code"] == "sync.not_joined"


def test_a_bundle_is_split_and_read_in_any_order(joined: Terminal, central: Terminal, stick: Path) -> None:
    for place in range(3):
        register(joined, *(hashlib.sha256(bytes([place, number % 250, number // 250])).hexdigest() for number in range(700)))
        joined.json("bundle", "write", str(stick / f"{place}.x"))  # seals what is pending
    files = [each["file"] for each in joined.json("bundle", "write", str(stick / "b.daftari"), "--size", "65536")["files"]]
    assert len(files) > 1
    assert all(Path(file).stat().st_size <= 65536 for file in files)
    last = central("bundle", "read", files[-1], "--json")
    assert (last.code, last.json["error"]["code"]) == (1, "bundle.not_whole")
    assert [part["number"] for part in last.json["missing"]] == list(range(1, last.json["missing"][0]["of"]))[: len(last.json["missing"])]
    told = central.json("bundle", "read", *reversed(files))
    assert told["whole"]
    assert len(exported(central)) == 2100
    assert central.json("bundle", "read", files[0])["whole"]  # the others were read before


def test_what_is_damaged_is_named_and_what_is_whole_is_taken(joined: Terminal, central: Terminal, stick: Path) -> None:
    register(joined, "Asha")
    joined.json("bundle", "write", str(stick / "1.daftari"))
    whole = (stick / "1.daftari").read_bytes()
    for place in (0, 1, 2, 40, 66, 70, len(whole) // 2, len(whole) - 1):
        flipped = bytearray(whole)
        flipped[place] ^= 0x10
        (stick / "flipped.daftari").write_bytes(flipped)
        told = central("bundle", "read", str(stick / "flipped.daftari"), "--json")
        assert (told.code, told.json["error"]["code"]) in {(1, "bundle.not_whole"), (1, "bundle.not_a_bundle")}, place
    for length in (0, 1, 10, 70, len(whole) - 1):
        (stick / "cut.daftari").write_bytes(whole[:length])
        assert central("bundle", "read", str(stick / "cut.daftari"), "--json").code == 1, length
    assert central("bundle", "read", str(stick / "none.daftari"), "--json").json["error"]["code"] == "bundle.cannot_read"
    (stick / "letter.daftari").write_bytes(b"dear")
    assert central("bundle", "read", str(stick / "letter.daftari"), "--json").json["error"]["code"] == "bundle.not_a_bundle"
    told = central("bundle", "read", str(stick), "--json")
    assert (told.code, {each["file"]: each["error"] for each in told.json["files"]}[str(stick / "letter.daftari")]) == (
        1,
        "bundle.not_a_bundle",
    )
    assert exported(central) == ["Asha"]
    assert "dear" not in central("bundle", "read", str(stick)).err


def test_a_bundle_of_ones_own_and_an_empty_folder_are_refused_in_words(joined: Terminal, stick: Path) -> None:
    (stick / "empty").mkdir()
    assert joined("bundle", "read", str(stick / "empty"), "--json").json["error"]["code"] == "bundle.nothing_there"
    joined.json("bundle", "write", str(stick / "1.daftari"))
    told = joined("bundle", "read", str(stick / "1.daftari"), "--json")
    assert (told.code, set(told.json["files"][0]["refused"])) == (1, {"sync.own_bundle"})
    assert joined("bundle", "write", str(stick / "1.daftari"), "--json").json["error"]["code"] == "bundle.exists"
    assert joined("bundle", "write", str(stick / "no" / "1.daftari"), "--json").json["error"]["code"] == "bundle.cannot_write"


def test_the_stick_that_was_carried_there_may_lie_in_the_folder_of_the_answer(joined: Terminal, central: Terminal, stick: Path) -> None:
    joined.json("bundle", "write", str(stick / "there.daftari"))
    assert joined("bundle", "read", str(stick)).code == 1, "nothing has come back yet"
    central.json("bundle", "read", str(stick))
    central.json("bundle", "write", str(stick / "back.daftari"), "--to", "Chuo cha Meru")
    told = joined("bundle", "read", str(stick))
    assert (told.code, told.err) == (0, "")
    assert "there.daftari: written by this computer itself" in told.out
    assert joined.json("status")["bundles_out"] == []


def test_a_stick_that_was_pulled_out_too_soon_is_told_from_another_kind_of_file(central: Terminal, stick: Path) -> None:
    for name, content in (("empty.daftari", b""), ("zeros.DAFTARI", bytes(4096))):
        (stick / name).write_bytes(content)
        told = central("bundle", "read", str(stick / name))
        assert (told.code, "pulled out too soon" in told.err) == (1, True)
    (stick / "letter.txt").write_bytes(b"dear")
    assert "Choose a file that ends in .daftari" in central("bundle", "read", str(stick / "letter.txt")).err


def test_a_name_that_no_folder_is_searched_for_is_told(joined: Terminal, stick: Path) -> None:
    assert "name the file itself" in joined("bundle", "write", str(stick / "moshi")).out
    assert "name the file itself" not in joined("bundle", "write", str(stick / "moshi.daftari")).out


def test_a_bundle_of_another_programme_sends_central_to_nobody_else(central: Terminal, stick: Path, tmp_path: Path) -> None:
    other = Terminal(tmp_path / "other", central.capsys, central.monkeypatch)
    other.json("init", "--seat", "central", "--name", "Nchi nyingine")
    code = other.json("invite", "--seat", "centre", "--name", "Geni", "--region", "TZ-02")["code"]
    guest = Terminal(tmp_path / "guest", central.capsys, central.monkeypatch)
    guest.json("join", "--request", str(stick / "ombi"), code)
    guest.json("join", "--answer", other.json("invite", "--answer", str(stick / "ombi"))["file"])
    guest.json("bundle", "write", str(stick / "geni.daftari"))
    told = central("bundle", "read", str(stick)).err
    assert "of another programme" in told
    assert "Exchange with the central office" not in told


def test_why_a_stick_took_nothing_is_told_in_the_readers_language(joined: Terminal, stick: Path) -> None:
    joined.monkeypatch.setenv("DAFTARI_LANGUAGE", "sw")
    told = joined("bundle", "write", str(stick / "no" / "1.daftari")).err
    assert "hakuna faili wala folda kama hiyo" in told
    assert "No such file" not in told + joined("import", "apprentices", str(stick / "none.csv")).err


# ---- without an address


def test_a_computer_that_joined_by_stick_is_not_told_that_it_has_not_joined(joined: Terminal, central: Terminal) -> None:
    assert joined("sync", "--json").json["error"]["code"] == "line.no_server"
    assert central("sync", "--json").json["error"]["code"] == "line.is_server"
    assert central("sync", "--url", "http://127.0.0.1:9", "--json").json["error"]["code"] == "line.is_server"


# ---- the directory


def test_a_revoked_computer_learns_it_and_says_so(joined: Terminal, central: Terminal, stick: Path) -> None:
    joined.json("bundle", "write", str(stick / "1.daftari"))
    central.json("bundle", "read", str(stick / "1.daftari"))
    told = central("node", "revoke", "Chuo cha Meru", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "node.not_confirmed")
    assert "counts anywhere" in central("node", "revoke", "Chuo cha Meru").err
    central.json("bundle", "write", str(stick / "2.daftari"), "--to", "Chuo cha Meru")
    joined.json("bundle", "read", str(stick / "2.daftari"))
    assert joined("node", "revoke", "Makao Makuu", "--yes", "--json").json["error"]["code"] == "node.not_that_one"
    assert joined("node", "revoke", "Chuo cha Meru", "--yes", "--json").json["error"]["code"] == "node.not_the_root"
    assert joined.json("node", "list")["nodes"][0]["is_this"]
    assert "nation" in central.json("node", "revoke", "Chuo cha Meru", "--yes")["partitions"]
    assert central("node", "revoke", "Chuo cha Meru", "--yes", "--json").json["error"]["code"] == "node.revoked"
    assert [each["is_revoked"] for each in central.json("node", "list")["nodes"]] == [True, False]
    assert central("bundle", "write", str(stick / "3"), "--to", "Chuo cha Meru", "--json").json["error"]["code"] == "node.revoked"
    assert "REVOKED" in central("node", "list").out


def test_a_stick_of_a_revoked_computer_says_so_at_both_ends(joined: Terminal, central: Terminal, stick: Path) -> None:
    central.json("bundle", "write", str(stick / "0.daftari"), "--to", "Chuo cha Meru")
    central.json("node", "revoke", "Chuo cha Meru", "--yes")
    register(joined, "Asha")
    joined.json("bundle", "write", str(stick / "1.daftari"))
    told = central("bundle", "read", str(stick / "1.daftari"))
    assert "Revoked: Chuo cha Meru." in told.out + told.err
    assert "Write the answer" not in told.out + told.err
    assert exported(central) == []
    joined.monkeypatch.setattr("tracker.replication.is_revoked", lambda: True)  # as it is once the others have told it
    for words in (("bundle", "write", str(stick / "2.daftari")), ("bundle", "read", str(stick / "0.daftari")), ("status",)):
        assert "counts nowhere else" in joined(*words).out


@pytest.mark.usefixtures("joined")
def test_a_person_at_the_terminal_types_the_key(central: Terminal) -> None:
    class Typed(io.StringIO):
        def isatty(self) -> bool:
            return True

    (laptop,) = [each for each in central.json("node", "list")["nodes"] if each["seat"] == "centre"]
    words = ["--home", str(central.home), "node", "revoke", laptop["key"]]
    central.monkeypatch.setattr("sys.stdin", Typed("yes\n"))
    assert run(words) == 1
    central.monkeypatch.setattr("sys.stdin", Typed(f"{laptop['key'][:8]}\n"))
    assert run(words) == 0


# ---- status


def test_status_says_where_the_changes_are(joined: Terminal, central: Terminal, stick: Path) -> None:
    assert "No receipt of the region has come yet." in joined("status").out
    register(joined, "Asha")
    joined.json("bundle", "write", str(stick / "1.daftari"))
    assert "1 bundle is out, and no answer has come back" in joined("status").out
    central.json("bundle", "read", str(stick / "1.daftari"))
    central.json("bundle", "write", str(stick / "2.daftari"), "--to", "Chuo cha Meru")
    joined.json("bundle", "read", str(stick / "2.daftari"))
    assert "Everything is safe with the central office" in joined("status").out
    register(joined, "Neema")
    assert "2 changes are not yet safe with the central office" in joined("status").out
    assert "two versions" in central("status").out
