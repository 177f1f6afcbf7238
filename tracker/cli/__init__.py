"""The `daftari` command, also `python -m tracker`: design.md 7 is its contract.

Exit 0 done (warnings included), 1 refused with a sentence, 2 wrong usage. `--json` prints one object; never a traceback.
"""

import errno
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from tracker import clock, config, trouble
from tracker.cli.machine import AlreadyHere
from tracker.cli.parser import argparse_speaking, build, WrongUsage
from tracker.cli.voice import CommandError, Done
from tracker.config import WrongSetting
from tracker.errors import DomainError, N_
from tracker.i18n import _, format_instant, LANGUAGES, say, speaking
from tracker.replication import SyncError

__all__ = ["AlreadyHere", "main", "run"]

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
FAULTS_FILE = "faults.log"
FAULT = N_("Something went wrong on this computer. What was saved is safe. The details are in %(file)s; send them to the central office.")
FAULT_UNKEPT = N_("Something went wrong on this computer. What was saved is safe. Tell the central office these words: %(reason)s")
INTERRUPTED = N_("Stopped.")
MISUSED = N_("The command was not understood: %(reason)s")


def main() -> None:
    """Run the command of this process and leave with its exit code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # there is none where a service closed it
        stream.reconfigure(errors="replace")  # an old Windows console lacks letters
    try:
        code = run(sys.argv[1:])
    except OSError:  # nobody takes what we say any more, as behind `| head` or on a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = REFUSED
    sys.exit(code)


def run(words: Sequence[str]) -> int:
    """Run one command and say what came of it. Returns the exit code."""
    as_json = "--json" in words
    home = _home(words)
    with speaking(_language(home)), argparse_speaking():
        try:
            arguments = build().parse_args(words)
            return _tell(arguments.command(arguments), as_json=as_json)
        except WrongUsage as error:
            return _refuse("usage", _(MISUSED, reason=str(error)), as_json=as_json, exit_code=WRONG_USAGE)
        except WrongSetting as error:
            return _refuse("setting", _(error.sentence, **error.params), as_json=as_json)
        except CommandError as error:
            return _refuse(error.code, say(error), as_json=as_json, facts=error.facts, lines=error.lines)
        except (DomainError, SyncError) as error:
            return _refuse(error.code, _(error.sentence, **error.params), as_json=as_json)
        except DatabaseError as error:
            return _refuse("database", trouble.of_database(error, home), as_json=as_json)
        except BrokenPipeError:
            raise
        except KeyboardInterrupt:
            return _refuse("stopped", _(INTERRUPTED), as_json=as_json)
        except Exception as error:  # noqa: BLE001 - the last door: a person gets a sentence, the traceback goes to a file
            if isinstance(error, OSError) and (error.filename or error.errno == errno.ENOSPC):
                return _refuse("disk", trouble.of_system(error), as_json=as_json)
            file = _keep_fault(home, words, error)
            return _refuse("fault", _(FAULT, file=file) if file else _(FAULT_UNKEPT, reason=repr(error)), as_json=as_json)


def _home(words: Sequence[str]) -> Path:
    """The data folder that the words name, before anything else is understood of them."""
    for place, word in enumerate(words):
        if word.startswith("--home="):
            return Path(word.removeprefix("--home="))
        if word == "--home" and place + 1 < len(words):
            return Path(words[place + 1])
    return Path(os.environ.get("DAFTARI_HOME") or config.default_home())


def _language(home: Path) -> str:
    try:
        return config.load(home).language
    except WrongSetting:  # which is soon said in a sentence, in the language that was asked for
        asked = os.environ.get("DAFTARI_LANGUAGE", "")
        return asked if asked in LANGUAGES else "sw"


def _tell(done: Done, *, as_json: bool) -> int:
    if done.facts:  # a server has said where it is when it began
        print("\n".join([json.dumps(done.facts)] if as_json else done.lines), flush=True)
    return DONE


def _refuse(
    code: str,
    sentence: str,
    *,
    as_json: bool,
    exit_code: int = REFUSED,
    facts: dict[str, object] | None = None,
    lines: Sequence[str] = (),
) -> int:
    if as_json:
        print(json.dumps({"error": {"code": code, "sentence": sentence}, **(facts or {})}), flush=True)
    else:
        print("\n".join([sentence, *lines]), file=sys.stderr, flush=True)
    return exit_code


def _keep_fault(home: Path, words: Sequence[str], error: Exception) -> str:
    """Write the traceback where a person finds it: into the data folder, or into the system's temporary one; "" where neither can be."""
    import tempfile

    text = f"{format_instant(clock.wall())} daftari {' '.join(words)}\n{''.join(traceback.format_exception(error))}"
    for folder in (home, Path(tempfile.gettempdir()) / f"daftari-{os.getpid()}"):
        try:
            if folder != home:
                folder.mkdir(mode=0o700)
            path = folder / FAULTS_FILE
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return str(path)
    return ""
