"""`daftari demo`: the story of 2020 in folders that are thrown away, then a centre and central served side by side."""

import signal
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tracker.country import tz
from tracker.demo import plan
from tracker.demo.machines import Machine
from tracker.demo.story import Story, tell
from tracker.errors import DomainError, N_
from tracker.i18n import _, format_day, language
from tracker.serve import stop

Voice = Callable[[str], None]


class FolderInUse(DomainError):
    """The demo never writes among other people's files."""

    code = "demo.folder_in_use"
    sentence = N_("The folder %(home)s is not empty. Name an empty one, or none: then the demo uses a folder of its own.")


def main(port: int, open_browser: bool, today: bool, home: Path | None) -> int:
    """Tell the story, serve NCT at `port` and central at the next one until Ctrl+C. Returns the exit code.

    today  let the business date be the real one, not Thursday 30 July 2020
    home   an empty folder that is kept; None: a temporary one that is removed at the end
    Raises FolderInUse, PortInUse, CannotListen.
    """
    voice = partial(print, flush=True)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)  # SIGINT, too: a script that starts the demo in the background lets it be ignored
    with _folder(home) as folder:
        voice(_("The story is being prepared; this takes less than a minute."))
        story = tell(folder, ports=(port, port + 1 if port else 0), today=today, language=language(), voice=lambda each: voice(_(each)))
        try:
            _introduce(story, voice)
            if open_browser:
                webbrowser.open(story.centre_server.address)
            story.centre_server.serve()
        except KeyboardInterrupt:
            voice(_("Stopped."))
        finally:
            story.site.close()
    return 0


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    if home is None:
        # Windows may still hold a file for a moment: a rest in the temporary folder is no failure.
        with TemporaryDirectory(prefix="daftari-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    if home.exists() and any(home.iterdir()):
        raise FolderInUse(home=home)
    yield home


def _introduce(story: Story, voice: Voice) -> None:
    """Print where the two servers are and who signs in there."""
    site = story.site
    voice("")
    for title, url, machine in (
        (plan.NCT_NAME, story.centre_server.address, site.dar),
        # By another name of this machine: a browser keeps the two sign-ins apart by host, not by port.
        (_("Central office"), story.central_server.address.replace("127.0.0.1", "localhost"), site.central),
    ):
        voice(f"{title}: {url}")
        _sign_ins(machine, voice)
    with site.dar.app.app_context():
        on = format_day(site.clock.today())
    if site.clock.day is None:
        voice(_("In the register it is %(day)s.", day=on))
    else:
        voice(_("In the register it is %(day)s, and nobody has taken attendance yet.", day=on))
    voice(_("Take attendance as baraka, exchange with central, and look at central as tatu. Leave this window open; Ctrl+C stops."))


def _sign_ins(machine: Machine, voice: Voice) -> None:
    for username, _name, role, _administers in plan.USERS[machine.name]:
        what = tz.label("roles", role, language())
        voice(_("  %(role)s: username %(username)s, password %(password)s", role=what, username=username, password=plan.PASSWORD))
