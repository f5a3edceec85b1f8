"""A server of its own for tests that change what all others would see, such as the clock."""

import os
import re
import signal
import subprocess
import threading
import urllib.request
from contextlib import contextmanager

START_SECONDS = 30
STOP_SECONDS = 30


@contextmanager
def running(*arguments, stop=signal.SIGTERM):
    """Serves on a free port and gives the address; the signal ends it with the block."""
    binary = os.environ["TURNPIKE_BINARY"]
    process = subprocess.Popen(
        [binary, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # Whatever blocks below ends when the process does.
    deadline = threading.Timer(START_SECONDS, process.kill)
    deadline.start()
    try:
        endpoint = announced(process)
        with urllib.request.urlopen(f"{endpoint}/health", timeout=START_SECONDS) as response:
            assert response.status == 200
        deadline.cancel()
        # The pipe must not fill up while the server runs.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield endpoint
    finally:
        deadline.cancel()
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        finally:
            process.kill()
            process.wait()


def announced(process):
    """The address that the server prints when it listens."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if match := re.search(r" on (http://\S+)", line):
            return match[1]
    raise RuntimeError("the server ended before it listened:\n" + "".join(lines))
