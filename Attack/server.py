"""A server of the round's own, which may be killed and started again."""

import os
import re
import resource
import signal
import subprocess
import time

START_SECONDS = 90


class Refused(Exception):
    """The server did not start, and said why."""

    def __init__(self, status, text):
        super().__init__(f"status {status}: {text}")
        self.status = status
        self.text = text


def surroundings():
    """The environment without what the caller's shell says about Turnpike, AWS and proxies."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("TURNPIKE_", "AWS_")) and not name.lower().endswith("_proxy")
    }
    # The toolchain's crash reporter takes half a minute of a core; the signal says enough.
    kept["SWIFT_BACKTRACE"] = "enable=no"
    return kept


class Server:
    """The command `turnpike serve` on a free port of this machine."""

    def __init__(self, log, *arguments):
        self.log = log
        self.arguments = arguments
        # How many files and connections it may have, where that is less than the machine allows.
        self.descriptors = None
        self.process = None
        self.address = None
        self.is_stopped = True

    def start(self):
        """Starts it and waits until it listens; raises Refused where it ends instead."""
        self.spawn()
        deadline = time.monotonic() + START_SECONDS
        while True:
            text = self.output()
            if match := re.search(r" on http://([0-9.]+):(\d+)", text):
                self.address = (match[1], int(match[2]))
                return self
            if self.process.poll() is not None:
                self.is_stopped = True
                raise Refused(self.process.returncode, self.output())
            if time.monotonic() > deadline:
                self.kill()
                raise Refused(None, f"it did not listen within {START_SECONDS} s: {text}")
            time.sleep(0.01)

    def spawn(self):
        """Starts it without waiting."""

        def limit():
            if self.descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))

        with open(self.log, "wb") as sink:
            self.process = subprocess.Popen(
                [os.environ["TURNPIKE_BINARY"], "serve", "--port", "0", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                env=surroundings(), preexec_fn=limit)
        self.is_stopped = False

    def output(self):
        """What it has printed."""
        with open(self.log, "rb") as source:
            return source.read().decode(errors="replace")

    @property
    def url(self):
        """The address as commands take it."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def kill(self):
        """SIGKILL, as a power cut would have it for the process."""
        self.is_stopped = True
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, seconds):
        """SIGTERM; gives the exit status, or None where it does not end."""
        self.is_stopped = True
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def has_crashed(self, patience=0):
        """Whether it ended although nobody stopped it; after a broken connection, have patience."""
        if self.is_stopped:
            return False
        deadline = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.process.poll() is not None

    def obituary(self):
        """How it ended, in a sentence."""
        status = self.process.returncode
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return f"the server ended by itself, {how}; it had printed: {self.output()[-600:]!r}"

    def cpu_seconds(self):
        """The time that it has spent on a processor."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as source:
            fields = source.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
