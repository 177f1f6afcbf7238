"""Exchanging by itself: one quiet thread that `serve` starts. Pages never wait for it, and it stops when told."""

import logging
import random
from collections.abc import Callable
from threading import Event, Thread

from flask import Flask

from tracker import replication
from tracker.nodes import actions, rules
from tracker.policy import OPERATOR

log = logging.getLogger(__name__)
FIRST_WAIT_S = 5
LOOK_EVERY_S = 60


class Background:
    """Exchanges with the server every `sync_every_s`, more rarely while that fails; does nothing while there is no server.

    look  called about once a minute besides, and cheap: whether phones still find us
    """

    def __init__(self, app: Flask, look: Callable[[], None] | None = None) -> None:
        self._app, self._look = app, look
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="exchange", daemon=True)

    def start(self) -> None:
        """Begin; the first exchange comes soon after."""
        self._thread.start()

    def stop(self, timeout_s: float = 5) -> None:
        """End after the message that is under way, or leave it behind: a cut exchange loses nothing."""
        self._stopping.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        failures, wait_s = 0, float(FIRST_WAIT_S)
        while not self._wait(wait_s):
            with self._app.app_context():
                self._app.extensions["reserve"].make()  # room on the disk, as soon as there is any to spare
                failures = 0 if self._exchange() else failures + 1
                # Read anew each time: joining a server in the browser changes it while we run.
                wait_s = rules.wait_s(self._app.extensions["settings"].sync_every_s, failures, random.random())

    def _wait(self, wait_s: float) -> bool:
        """Wait, with a look around at least every minute; True as soon as it is to stop."""
        if self._look is None:
            return self._stopping.wait(wait_s)
        while not self._stopping.wait(min(wait_s, LOOK_EVERY_S)):
            try:
                self._look()
            except Exception:
                log.exception("could not see whether phones still find this computer")
            wait_s -= LOOK_EVERY_S
            if wait_s <= 0:
                return False
        return True

    def _exchange(self) -> bool:
        try:
            if replication.is_set_up() and replication.hub_key() and self._app.extensions["settings"].server:
                actions.sync_now(OPERATOR)
            elif replication.is_set_up():  # a centre alone or by stick, or the central office: what could not be erased at once
                replication.carry_out_erasures()
        except rules.AlreadyRunning:
            return True
        except replication.SyncError as error:
            log.info("exchange failed: %s", error.code)
            return False
        except Exception:
            log.exception("exchange failed")
            return False
        return True
