"""What an attack is, and what one round of it has at hand."""

import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import Callable

from server import Server, surroundings
from wire import Broken, Connection

ATTACKS = {}
# Memory that no command needs: the largest page that they read has 64 MiB.
COMMAND_MEGABYTES = 1000


class Finding(Exception):
    """Something that the server, or a command, must not do."""


@dataclass
class Attack:
    """One kind of attack: a function that makes a round of it from a seed."""

    name: str
    round: Callable
    text: str
    # How many rounds the short form makes; none for what takes too long there.
    rounds: int
    # What part of the long form's time its rounds get, against the others' shares.
    share: int
    # Seconds after which a round is ended, and is a finding.
    limit: int
    # Whether a round spends its time waiting, so that many of them may run at once.
    waits: bool


def attack(rounds=1, share=1, limit=240, waits=False):
    """Registers a function as an attack, under its file's part and its name."""

    def register(function):
        part = function.__module__.removeprefix("attack_")
        name = f"{part}.{function.__name__}"
        text = function.__doc__.splitlines()[0]
        ATTACKS[name] = Attack(name, function, text, rounds, share, limit, waits)
        return function

    return register


class Trial:
    """One round: its dice, its folder, and the servers that it started."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.folder = tempfile.mkdtemp()
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None or issubclass(kind, (Broken, OSError)):
                self.find_the_dead(error)
        finally:
            for server in self.servers:
                server.kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    def find_the_dead(self, error):
        """A server that ended by itself is the finding, whatever its clients saw of it."""
        for server in self.servers:
            if server.has_crashed(patience=1 if error else 0):
                raise Finding(server.obituary()) from error

    def path(self, name):
        """A file in the round's folder."""
        return os.path.join(self.folder, name)

    def server(self, *arguments):
        """A server on a free port, in memory unless the arguments name a file."""
        server = self.unstarted(*arguments)
        server.start()
        return server

    def unstarted(self, *arguments):
        """A server that the round starts, or kills, when it likes."""
        if "--data" not in arguments:
            arguments = ("--in-memory", *arguments)
        server = Server(self.path(f"server-{len(self.servers)}"), *arguments)
        self.servers.append(server)
        return server

    def check(self, condition, text):
        """What must hold."""
        if not condition:
            raise Finding(text)

    def lives(self, server):
        """The server answers, and promptly enough for a loaded machine."""
        if server.has_crashed():
            raise Finding(server.obituary())
        with Connection(server.address) as connection:
            answer = connection.ask("GET", "/health")
        self.check(answer.status == 200, f"/health answers {answer.status} {answer.body[:200]}")

    def ask(self, client, method, target, body=None, fields=()):
        """A request that must be answered; what it was is in the finding."""
        try:
            return client.ask(method, target, body, fields)
        except (Broken, OSError) as error:
            crashed = client.server.has_crashed(patience=2)
            fate = client.server.obituary() if crashed else f"{type(error).__name__}: {error}"
            raise Finding(f"{method} {target[:500]} {(body or b'')[:1500]!r}: {fate}") from error

    def ends_well(self, server, seconds=30):
        """SIGTERM ends the server with status 0, within its eight seconds and some."""
        status = server.stop(seconds)
        self.check(status is not None, f"the server did not stop within {seconds} s of SIGTERM")
        self.check(status == 0, f"after SIGTERM the server ended with status {status}")

    def command(self, *arguments, bound=120, token=None):
        """Runs `turnpike` to its end and gives status and output.

        One that takes longer than the bound, or a gigabyte of memory, is a finding.
        """
        environment = surroundings()
        if token is not None:
            environment["TURNPIKE_CONTROL_TOKEN"] = token
        descriptor, out = tempfile.mkstemp(dir=self.folder)
        with open(descriptor, "wb") as sink:
            process = subprocess.Popen(
                [os.environ["TURNPIKE_BINARY"], *arguments],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, env=environment)
            deadline = time.monotonic() + bound
            while process.poll() is None:
                memory = peak_megabytes(process.pid)
                if time.monotonic() > deadline or memory > COMMAND_MEGABYTES:
                    process.kill()
                    process.wait()
                    raise Finding(
                        f"`turnpike {' '.join(arguments)}` had to be ended, with {memory} MB, after"
                        f" {bound - max(deadline - time.monotonic(), 0):.0f} s")
                time.sleep(0.05)
        with open(out, "rb") as source:
            text = source.read(1_000_000).decode(errors="replace")
        self.check(
            process.returncode >= 0,
            f"`turnpike {' '.join(arguments)}` ended by signal {-process.returncode}: {text[:500]}")
        return process.returncode, text


def together(functions):
    """Runs functions at the same time, each in a thread, and raises what the first raised."""
    barrier = threading.Barrier(len(functions))
    errors = []

    def run(function):
        try:
            barrier.wait()
            function()
        except BaseException as error:  # Raised again below, in the round's own thread.
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def peak_megabytes(pid):
    """The most memory that a process has had, in MB; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            lines = [line for line in status if line.startswith("VmHWM")]
    except OSError:
        return 0
    return int(lines[0].split()[1]) // 1024 if lines else 0
