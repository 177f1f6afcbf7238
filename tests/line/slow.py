"""A term's changes over a line of 20 kbit/s that loses packets and hangs up: `python -m tests.line.slow --changes 75000`.

Two network namespaces are joined by two TUN devices; this program carries the packets between them at the asked rate and
loses some, from a seed. Behind the line a relay hangs up now and then in the middle of a message. The laptop runs
`daftari sync` until it succeeds. Prints one JSON line: how long it took, and which share of the bytes was sent again.
Without root or TUN devices the relay slows the loopback down instead, and no packet is lost (`"line": "relay"`).
"""

import argparse
import ctypes
import json
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Full, Queue

ROOT = Path(__file__).resolve().parents[2]
LAPTOP, SERVER = "10.99.0.1", "10.99.0.2"
MODEM_PACKETS = 20  # what a modem's buffer holds
LONGEST_S = 1_800
MOST_ROWS = 40_000  # of one file to import
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000


# ---- the line


@dataclass
class Link:
    """A line between the namespaces `laptop` and `server`: bits a second each way, share of packets lost."""

    rate: int
    loss: float
    seed: int
    packets: int = 0
    lost: int = 0
    ip_bytes: int = 0

    def __post_init__(self) -> None:
        self.laptop, self.server = (f"daftari-{os.getpid()}-{name}" for name in "ls")

    @contextmanager
    def up(self) -> Iterator["Link"]:
        with ExitStack() as stack:
            ends = [_tun(f"df{os.getpid() % 100_000}{name}") for name in "ls"]
            for fd in ends:
                stack.callback(os.close, fd)
            for name, space, own, other in (("l", self.laptop, LAPTOP, SERVER), ("s", self.server, SERVER, LAPTOP)):
                device = f"df{os.getpid() % 100_000}{name}"
                _ip("netns", "add", space)
                stack.callback(_ip, "netns", "del", space)
                _ip("link", "set", device, "netns", space)
                _ip("-n", space, "addr", "add", own, "peer", other, "dev", device)
                _ip("-n", space, "link", "set", device, "up")
                _ip("-n", space, "link", "set", "lo", "up")
            over = threading.Event()
            threads = [
                thread
                for k, (come, go) in enumerate((ends, ends[::-1]))
                for queue in [Queue[bytes](MODEM_PACKETS)]
                for thread in (
                    threading.Thread(target=self._lose, args=(come, queue, over, random.Random(f"{self.seed} {k}"))),
                    threading.Thread(target=self._carry, args=(go, queue, over)),
                )
            ]
            for thread in threads:
                thread.start()
            try:
                yield self
            finally:
                over.set()
                for thread in threads:
                    thread.join()

    def _lose(self, come: int, queue: "Queue[bytes]", over: threading.Event, rng: random.Random) -> None:
        while not over.is_set():
            if not select.select([come], [], [], 0.2)[0]:
                continue
            packet = os.read(come, 65_536)
            self.packets += 1
            self.ip_bytes += len(packet)
            if rng.random() < self.loss:
                self.lost += 1
                continue
            with suppress(Full):  # as a modem does, whose sender will notice
                queue.put_nowait(packet)

    def _carry(self, go: int, queue: "Queue[bytes]", over: threading.Event) -> None:
        while not over.is_set():
            with suppress(Empty):
                packet = queue.get(timeout=0.2)
                time.sleep(len(packet) * 8 / self.rate)
                os.write(go, packet)


def _tun(name: str) -> int:
    import fcntl

    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)  # noqa: S607


def listener(space: str | None, address: str) -> socket.socket:
    """A listening socket in a network namespace. Only the thread that makes it enters there; the socket stays."""

    def make() -> socket.socket:
        if space:
            with Path(f"/run/netns/{space}").open() as handle:
                if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
        return socket.create_server((address, 0))

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


# ---- hanging up


@dataclass
class Relay:
    """Carries bytes between the line and the server, and hangs up after about `hang_up` bytes of a connection.

    rate  bits a second, where there is no real line; 0 = as fast as it goes
    """

    listener: socket.socket
    port: int
    hang_up: int
    rng: random.Random
    rate: int = 0
    up: int = 0
    down: int = 0
    hung_up: int = 0
    _ends: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        budget = self.rng.expovariate(1 / self.hang_up) if self.hang_up else float("inf")
        with client, socket.create_connection(("127.0.0.1", self.port)) as server, suppress(OSError):
            while True:
                for come in select.select([client, server], [], [])[0]:
                    part = come.recv(512)  # small, so that the moment of hanging up is anywhere
                    if not part:
                        return
                    time.sleep(len(part) * 8 / self.rate if self.rate else 0)
                    if come is client:
                        self.up += len(part)
                    else:
                        self.down += len(part)
                    budget -= len(part)
                    if budget < 0:
                        self.hung_up += 1
                        for end in (client, server):
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    (server if come is client else client).sendall(part)


# ---- the machines


def daftari(home: Path, *words: object, space: str | None = None) -> tuple[int, dict[str, object]]:
    """Run one command with --json: its exit code and what it said."""
    enter = ["ip", "netns", "exec", space] if space else []
    command = [*enter, sys.executable, "-m", "tracker", "--home", str(home), "--json", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if not done.stdout:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return done.returncode, dict(json.loads(done.stdout.splitlines()[-1]))


def must(home: Path, *words: object) -> dict[str, object]:
    code, said = daftari(home, *words)
    if code:
        raise SystemExit(f"{words}: {said}")
    return said


@contextmanager
def serving(home: Path) -> Iterator[int]:
    """The server of a folder; gives its port."""
    command = [sys.executable, "-m", "tracker", "--home", str(home), "--json", "serve", "--port", "0"]
    environ = os.environ | {"DAFTARI_TRUSTED_HOSTS": f"127.0.0.1,{SERVER}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environ) as server:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"]
        try:
            yield int(url.rstrip("/").rsplit(":", 1)[1])
        finally:
            server.terminate()


def prepare(folder: Path, apprentices: int, changes: int, seed: int) -> None:
    """A central office, and a laptop of a centre with so many marks that nobody else has yet."""
    central, laptop = folder / "central", folder / "laptop"
    must(central, "init", "--seat", "central", "--name", "Makao makuu")
    with serving(central) as port:
        code = must(central, "invite", "--seat", "centre", "--name", "NCT Arusha", "--region", "TZ-01")["code"]
        must(laptop, "join", f"http://127.0.0.1:{port}", code)
        must(laptop, "sync")
        term, days = folder / "term", -(-changes // apprentices)
        options = ["--seed", str(seed), "--apprentices", str(apprentices), "--days", str(days)]
        subprocess.run([sys.executable, str(ROOT / "benchmarks" / "term_files.py"), str(term), *options], check=True)
        for kind in ("apprentices", "employers", "placements"):
            must(laptop, "import", kind, term / f"{kind}.csv")
        head, *lines = (term / "attendance.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        for start in range(0, len(lines), MOST_ROWS):
            (term / "part.csv").write_text("".join([head, *lines[start : start + MOST_ROWS]]), encoding="utf-8")
            must(laptop, "import", "attendance", term / "part.csv")


def measure(folder: Path, port: int, relay: Relay, address: str, space: str | None) -> dict[str, object]:
    """Sync until it succeeds. Returns what it took."""
    relay.port = port
    relay.start()
    url = f"http://{address}:{relay.listener.getsockname()[1]}"
    began, tries, code = time.monotonic(), 0, 1
    said: dict[str, object] = {}
    while code and time.monotonic() - began < LONGEST_S:
        tries += 1
        code, said = daftari(folder, "sync", "--url", url, space=space)
    relay.listener.close()
    figures = {"done": not code, "tries": tries, "seconds": round(time.monotonic() - began, 1)}
    return {**figures, "up": relay.up, "down": relay.down, "hung_up": relay.hung_up, "said": said}


def run(folder: Path, apprentices: int, changes: int, link: Link, hang_up: int) -> dict[str, object]:
    """The same work over a whole line, and over the bad one."""
    prepare(folder, apprentices, changes, link.seed)
    whole, bad = folder / "whole", folder / "bad"
    for each in (whole, bad):
        each.mkdir()
        for name in ("central", "laptop"):
            shutil.copytree(folder / name, each / name)
    rng = random.Random(link.seed)
    with serving(whole / "central") as port:
        needed = measure(whole / "laptop", port, Relay(listener(None, "127.0.0.1"), port, 0, rng), "127.0.0.1", None)
    is_real = os.geteuid() == 0 and os.access("/dev/net/tun", os.W_OK) and shutil.which("ip") is not None
    with serving(bad / "central") as port, ExitStack() as stack:
        if is_real:
            stack.enter_context(link.up())
            relay = Relay(listener(link.server, SERVER), port, hang_up, rng)
            took = measure(bad / "laptop", port, relay, SERVER, link.laptop)
        else:
            took = measure(bad / "laptop", port, Relay(listener(None, "127.0.0.1"), port, hang_up, rng, link.rate), "127.0.0.1", None)
        held = [must(bad / name, "status")["partitions"] for name in ("central", "laptop")]
    bytes_needed, bytes_sent = (int(str(each["up"])) + int(str(each["down"])) for each in (needed, took))
    return {
        "line": "namespaces" if is_real else "relay",
        "rate": link.rate,
        "changes": changes,
        "apprentices": apprentices,
        "seed": link.seed,
        "needed": {name: needed[name] for name in ("up", "down", "seconds")},
        "took": took,
        "packets": link.packets,
        "lost": link.lost,
        "ip_bytes": link.ip_bytes,
        "overhead": round(bytes_sent / bytes_needed - 1, 4),
        "link_seconds_at_least": round(bytes_needed * 8 / link.rate, 1),
        "agree": _heads(held[0]) >= _heads(held[1]),
    }


def _heads(partitions: object) -> set[tuple[str, ...]]:
    assert isinstance(partitions, list)
    return {(each["partition"], *each["heads"]) for each in partitions}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=75_000)
    parser.add_argument("--apprentices", type=int, default=200, help="whose names and numbers pack far worse than their days")
    parser.add_argument("--rate", type=int, default=20_000, help="bits a second")
    parser.add_argument("--loss", type=float, default=0.05)
    parser.add_argument("--hang-up", type=int, default=0, help="hang up after so many bytes of a connection, on average; 0 = never")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    os.environ["DAFTARI_LANGUAGE"] = "en"
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder), asked.apprentices, asked.changes, Link(asked.rate, asked.loss, asked.seed), asked.hang_up)
    print(json.dumps(figures))  # noqa: T201
    took = figures["took"]
    return 0 if figures["agree"] and isinstance(took, dict) and took["done"] else 1


if __name__ == "__main__":
    sys.exit(main())
