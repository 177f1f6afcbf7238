"""The machines of the story: each a data folder with its application; central's answers over HTTP while it is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from shutil import rmtree
from threading import Thread

from flask import Flask

from tracker import config, replication
from tracker.accounts import actions as accounts
from tracker.accounts import queries as who
from tracker.app import create_app
from tracker.clock import EAST_AFRICA, StoryClock
from tracker.db import db
from tracker.demo import plan
from tracker.nodes import actions as nodes
from tracker.policy import Actor, NATION, OPERATOR
from tracker.serve import listen, Server


@dataclass
class Machine:
    """A computer: its name in the plan, its application, and the story's clock."""

    name: str
    app: Flask
    clock: StoryClock

    @contextmanager
    def at(self, on: date, hour: int = 9, minute: int = 0) -> Iterator[None]:
        """Act on this machine at a time of the story, by East Africa Time."""
        moment = datetime(on.year, on.month, on.day, hour, minute, tzinfo=EAST_AFRICA)
        with self.clock.at(moment), self.app.app_context():
            yield

    def add_users(self) -> None:
        """Let its people sign in."""
        partition = replication.home() or NATION
        for username, name, role, administers in plan.USERS[self.name]:
            accounts.add_user(OPERATOR, partition, username, name, role, plan.PASSWORD, must_change=False, administers=administers)

    def actor(self, username: str) -> Actor:
        """A person who signs in here. The machine's context has to be open."""
        credential = who.credential_named(username)
        actor = who.actor_for_credential(credential) if credential else None
        assert actor is not None
        return actor

    def sync(self, on: date, hour: int = 17) -> None:
        """Exchange with central."""
        with self.at(on, hour):
            nodes.sync_now(OPERATOR)

    def join(self, server: str, code: str, on: date) -> str:
        """Join central with an invitation and fetch what is there. Gives the partition of the centre."""
        with self.at(on):
            nodes.join(OPERATOR, server, code)
            nodes.sync_now(OPERATOR)
            return replication.home()

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@dataclass
class Site:
    """All machines of the story, with their servers: those that have a port, and the threads in which some answer."""

    clock: StoryClock
    central: Machine
    dar: Machine
    arusha: Machine
    suza: Machine
    _servers: list[Server] = field(default_factory=list)
    _threads: list[Thread] = field(default_factory=list)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Central first."""
        return self.central, self.dar, self.arusha, self.suza

    def take_port(self, machine: Machine, port: int) -> Server:
        """A server of a machine that has its port (0: any free one) but does not answer yet; the port is kept in its settings.

        Raises PortInUse, CannotListen.
        """
        settings = config.load(machine.app.extensions["settings"].home, environ={}, port=port)
        server = listen(machine.app, settings)
        self._servers.append(server)
        config.save(settings.home, port=int(server.bind_addr[1]))
        return server

    def answer(self, server: Server) -> None:
        """Let a server answer in a thread of its own, until all are closed."""
        thread = Thread(target=server.serve, name=server.address, daemon=True)
        thread.start()
        self._threads.append(thread)

    def close(self) -> None:
        """Stop answering and let go of all databases."""
        for server in self._servers:
            server.stop()
        for thread in self._threads:
            thread.join()
        for machine in self.machines:
            machine.close()

    def discard(self) -> None:
        """Close, and leave nothing of a story that was not told to its end."""
        self.close()
        for machine in self.machines:
            rmtree(machine.app.extensions["settings"].home, ignore_errors=True)


def open_site(home: Path, language: str, settings: Mapping[str, object]) -> Site:
    """Make the data folders `central`, `nct-dar`, `nct-arusha` and `suza`, each with an empty database.

    settings  of all machines, besides those kept in their folders
    """
    clock = StoryClock()

    def machine(key: str, folder: str, **own: str) -> Machine:
        # No setting comes from the environment: the story must never write into a database that is in use.
        path = home / folder
        path.mkdir(parents=True, mode=0o700)
        config.save(path, language=language, **own)
        app = create_app(config.load(path, environ={}, **settings), clock=clock)
        with app.app_context():
            replication.create_tables()
        return Machine(key, app, clock)

    return Site(
        clock,
        machine("central", "central", seat="central", name=plan.CENTRAL_NAME),
        machine("dar", "nct-dar"),
        machine("arusha", "nct-arusha"),
        machine("suza", "suza"),
    )
