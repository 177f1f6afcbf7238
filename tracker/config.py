"""Every setting: its default, its unit, its name in the environment. A wrong one stops the start with a sentence.

A setting comes, in rising order, from its default, from `settings.toml` in the data folder, from the environment
(`DAFTARI_` and its name in capitals) and from the caller, who is the command line or a test.
"""

import json
import os
import secrets
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, Field, field, fields
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from tracker.errors import N_
from tracker.folder import flush_file, put_in_place

SEATS: Final = ("centre", "region", "central")
FILE_NAME: Final = "settings.toml"
SECRET_KEY_FILE: Final = "secret-key"  # noqa: S105 - the name of a file
PREFIX: Final = "DAFTARI_"
LARGEST: Final = 1_000_000_000  # thirty years, a gigabyte: beyond it neither a wait nor a column of the database holds the number
TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


class WrongSetting(Exception):
    """A setting that cannot be right; `sentence` with its `params` is for the person who starts the program."""

    def __init__(self, sentence: str, **params: object) -> None:
        """Keep the sentence until the language is known."""
        super().__init__(sentence % params)
        self.sentence, self.params = sentence, params


@dataclass(frozen=True)
class Meaning:
    """What a setting is for, as the README prints it.

    unit     of the value, or the kind of thing it is
    lowest   smallest number that makes sense; None where the value is no number
    highest  largest number that makes sense; None where there is none
    choices  the only values possible; empty = any
    """

    text: str
    unit: str
    lowest: int | None = None
    highest: int | None = None
    choices: tuple[str, ...] = ()


def default_home() -> Path:
    """The per-user data directory of this operating system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Daftari"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Daftari"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "daftari"


def web_folder(name: str) -> Path:
    """Where `templates` or `static` is: inside the installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "_web" / name
    return inside if inside.is_dir() else package.parent / name


def _text(default: str, text: str, unit: str, *, choices: tuple[str, ...] = ()) -> str:
    return field(default=default, metadata={"meaning": Meaning(text, unit, choices=choices)})


def _number(default: int, text: str, unit: str, *, lowest: int, highest: int = LARGEST) -> int:
    return field(default=default, metadata={"meaning": Meaning(text, unit, lowest, highest)})


def _flag(text: str) -> bool:
    return field(default=False, metadata={"meaning": Meaning(text, "yes or no")})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one data folder."""

    home: Path = field(metadata={"meaning": Meaning("The data folder; the per-user data directory unless set", "folder")})
    seat: str = _text("centre", "What this machine is", "word", choices=SEATS)
    name: str = _text("", "Name of the centre, region or office, as the top bar shows it", "text")
    regions: str = _text("", "Regions that a coordinator's laptop serves, such as TZ-01", "list, by commas")
    database: str = _text("", "Database; empty = daftari.sqlite3 in the data folder", "URL")
    language: str = _text("sw", "Language until a person chooses another", "word", choices=("sw", "en"))
    host: str = _text("127.0.0.1", "Address that the server listens on", "address")
    port: int = _number(8321, "Port that the server listens on", "port", lowest=0, highest=65_535)
    lan_port: int = _number(8443, "Port on which `serve --lan` listens for phones", "port", lowest=0, highest=65_535)
    lan_http: bool = _flag("Serve phones without encryption; every page then says so")
    wifi_name: str = _text("", "Name of the Wi-Fi that the page for phones shows as a code", "text")
    wifi_password: str = _text("", "Password of that Wi-Fi, if it is to be kept in the data folder", "text")
    trusted_hosts: str = _text("localhost,127.0.0.1,[::1]", "Host names that a browser may use for this server", "list, by commas")
    proxies: int = _number(0, "Reverse proxies in front of the server, whose word on address and HTTPS counts", "proxies", lowest=0)
    secret_key: str = _text("", "Key of the form tokens; empty = drawn once and kept in the data folder", "text")
    server: str = _text("", "Address of the server that this machine syncs with", "URL")
    server_ca: str = _text("", "Certificate (PEM) of the only authority trusted for the server; dates then do not count", "file")
    sync_every_s: int = _number(900, "Time between two exchanges", "seconds", lowest=10)
    session_idle_s: int = _number(30 * 60, "A person is signed out after so long without a page", "seconds", lowest=1)
    session_absolute_s: int = _number(12 * 3600, "A person is signed out after so long at the latest", "seconds", lowest=1)
    password_memory_kib: int = _number(19 * 1024, "Memory of one argon2id hash", "KiB", lowest=8, highest=1 << 20)
    password_passes: int = _number(2, "Passes of one argon2id hash", "passes", lowest=1)
    password_at_once: int = _number(2, "Hashes computed at the same time; the others wait", "hashes", lowest=1)
    throttle_free: int = _number(5, "Wrong passwords before waiting begins", "tries", lowest=1)
    throttle_max_s: int = _number(15 * 60, "Longest wait after wrong passwords", "seconds", lowest=1)
    request_max_bytes: int = _number(1 << 20, "Largest request", "bytes", lowest=1024)
    sync_max_bytes: int = _number(2560 << 10, "Largest sync message", "bytes", lowest=1024)
    upload_max_bytes: int = _number(5 << 20, "Largest file to import", "bytes", lowest=1024)
    form_max_bytes: int = _number(64_000, "Largest form without its files", "bytes", lowest=1024)
    form_max_parts: int = _number(200, "Most fields in one form with files", "fields", lowest=10)

    @property
    def database_url(self) -> str | URL:
        """The address of the database, ready for SQLAlchemy."""
        if self.database.startswith("postgresql://"):  # the driver that we install, whatever SQLAlchemy's default is
            return self.database.replace("postgresql://", "postgresql+psycopg://", 1)
        # In parts, since a folder's name may hold what means something in an address, such as a question mark.
        return self.database or URL.create("sqlite", database=str(self.home / "daftari.sqlite3"))

    @property
    def hosts(self) -> list[str]:
        """The trusted host names."""
        return _listed(self.trusted_hosts)

    @property
    def region_codes(self) -> frozenset[str]:
        """The codes of the regions that this laptop serves."""
        return frozenset(_listed(self.regions))

    @property
    def region_partitions(self) -> frozenset[str]:
        """The partitions of the regions that this laptop serves."""
        return frozenset(f"region/{code}" for code in self.region_codes)


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def environment_name(setting: str) -> str:
    """Name of a setting in the environment."""
    return PREFIX + setting.upper()


def meanings() -> dict[str, tuple[Meaning, object]]:
    """Every setting with its meaning and default, in the order of the README's table."""
    return {each.name: (each.metadata["meaning"], each.default) for each in fields(Settings)}


def load(home: Path | None = None, environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """The settings of a data folder; `given` wins over the environment, the environment over the file.

    Raises WrongSetting.
    """
    environment = os.environ if environ is None else environ
    folder = _absolute(home or Path(environment.get("DAFTARI_HOME") or default_home()))
    values: dict[str, object] = {}
    for each in fields(Settings):
        name = environment_name(each.name)
        if each.name != "home" and environment.get(name):
            values[each.name] = _checked(each, environment[name], name)
    in_file = _read_file(folder)
    known = {each.name: each for each in fields(Settings)}
    for key, value in {**in_file, **given}.items():
        if key not in known or key == "home":
            raise WrongSetting(N_("There is no setting called %(name)s."), name=key)
        if key in given or key not in values:
            values[key] = _checked(known[key], value, key)
    if (database := str(values.get("database", ""))) and not database.startswith(("postgresql", "sqlite")):
        raise WrongSetting(N_("The address of the database begins with postgresql:// or sqlite://, not as %(value)s does."), value=database)
    return Settings(home=folder, **values)  # type: ignore[arg-type]  # _checked gave each its field's type


def _absolute(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:  # ~somebody who is not there
        raise WrongSetting(N_("There is no folder %(folder)s: nobody has that name on this computer."), folder=folder) from error


def _read_file(folder: Path) -> dict[str, object]:
    path = folder / FILE_NAME
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad writes a mark before the first letter
    except FileNotFoundError:
        return {}
    except OSError as error:
        sentence = N_("The data folder %(folder)s cannot be read (%(reason)s). Name another one with --home, or ask whoever made it.")
        raise WrongSetting(sentence, folder=folder, reason=error.strerror or error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        sentence = N_("The settings file %(file)s cannot be understood (%(reason)s). Correct it there, or move it away.")
        raise WrongSetting(sentence, file=path, reason=error) from error


def _checked(each: "Field[object]", value: object, name: str) -> object:
    """The value in its field's type; raises WrongSetting."""
    meaning: Meaning = each.metadata["meaning"]
    if isinstance(each.default, bool):
        return _as_flag(value, name)
    if isinstance(each.default, int):
        return _as_number(value, name, meaning)
    if not isinstance(value, str):
        raise WrongSetting(N_("%(name)s must be a text, not %(value)s."), name=name, value=repr(value))
    if meaning.choices and value not in meaning.choices:
        sentence = N_("%(name)s must be one of %(choices)s, not %(value)s.")
        raise WrongSetting(sentence, name=name, choices=", ".join(meaning.choices), value=repr(value))
    if each.default and not value.strip():
        raise WrongSetting(N_("%(name)s must not be empty."), name=name)
    return value


def _as_flag(value: object, name: str) -> bool:
    word = str(value).lower()
    if word not in TRUE | FALSE:
        raise WrongSetting(N_("%(name)s must be yes or no, not %(value)s."), name=name, value=repr(value))
    return word in TRUE


def _as_number(value: object, name: str, meaning: Meaning) -> int:
    try:
        number = int(str(value))
    except ValueError:
        sentence = N_("%(name)s must be a whole number (%(unit)s), not %(value)s.")
        raise WrongSetting(sentence, name=name, unit=meaning.unit, value=repr(value)) from None
    if meaning.lowest is not None and number < meaning.lowest:
        sentence = N_("%(name)s must be at least %(lowest)s (%(unit)s), not %(value)s.")
        raise WrongSetting(sentence, name=name, lowest=meaning.lowest, unit=meaning.unit, value=number)
    if meaning.highest is not None and number > meaning.highest:
        sentence = N_("%(name)s must be at most %(highest)s (%(unit)s), not %(value)s.")
        raise WrongSetting(sentence, name=name, highest=meaning.highest, unit=meaning.unit, value=number)
    return number


def save(home: Path, **values: str | int | bool) -> None:
    """Write settings into the data folder's file, keeping those already there."""
    home.mkdir(parents=True, exist_ok=True)
    merged = {**_read_file(home), **values}
    # Strings and numbers of JSON are strings and numbers of TOML, but for one letter; nothing else is ever stored.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f") for key, value in merged.items()]
    draft = home / f"{FILE_NAME}.new"
    try:
        draft.write_text("".join(lines), encoding="utf-8")
        flush_file(draft)  # else a cut of power may leave the new name on an empty file, and a server would start as a centre
        put_in_place(draft, home / FILE_NAME)
    except OSError:
        draft.unlink(missing_ok=True)  # it may hold the Wi-Fi's password, which was not kept
        raise


def secret_key(settings: Settings) -> str:
    """The key of the form tokens: the one set, or one drawn at the first start and kept in the data folder."""
    if settings.secret_key:
        return settings.secret_key
    settings.home.mkdir(parents=True, exist_ok=True)
    path = settings.home / SECRET_KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    key = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key)
    return key
