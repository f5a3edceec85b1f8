"""Servers that are measured, each in a process of its own on a free port of loopback."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("TURNPIKE_BINARY", str(ROOT / ".build/release/turnpike"))
TOOLS = ROOT / "Benchmarks/.build/release"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """A process that listens; it ends with the block."""

    def __init__(self, command: list[str], health: str = "/") -> None:
        self.port = free_port()
        self.command = [part.replace("{port}", str(self.port)) for part in command]
        self.health = f"http://127.0.0.1:{self.port}{health}"

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.pid = self.process.pid
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.health, timeout=5).close()
                return self.found()
            except urllib.error.HTTPError:
                return self.found()
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{self.command[0]} ended at once") from None
                time.sleep(0.001)
        raise SystemExit(f"{self.command[0]} does not answer")

    def found(self):
        """Looks for the server where another program has started it."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        if self.command[0] == "strace":
            self.pid = int(children[0])
        return self

    def __exit__(self, *_) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.process.wait()

    def resident_bytes(self) -> int:
        text = pathlib.Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        text = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        fields = text.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def written_bytes(self) -> int:
        text = pathlib.Path(f"/proc/{self.pid}/io").read_text(encoding="ascii")
        return int(dict(line.split(": ") for line in text.splitlines())["write_bytes"])

    def load(self, workload: str, seconds: float, requests: int, **options) -> dict:
        """Runs the load generator, and adds what the server used meanwhile."""
        before = self.cpu_seconds(), self.written_bytes()
        command = [str(TOOLS / "LoadGenerator"), "--port", str(self.port)]
        command += ["--workload", workload, "--seconds", str(seconds)]
        command += ["--requests", str(requests)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"the load generator failed: {run.stderr}")
        result = json.loads(run.stdout)
        if result["requests"] == 0:
            raise SystemExit(f"{self.command[0]} answered nothing with 200: {run.stdout}")
        result["serverCPU"] = self.cpu_seconds() - before[0]
        result["written"] = self.written_bytes() - before[1]
        result["resident"] = self.resident_bytes()
        return result


class Turnpike(Server):
    """Turnpike on a file of this folder."""

    def __init__(
        self,
        folder: str,
        seed: str | None = None,
        trace: list[str] | None = None,
        binary: str = BINARY,
        again: bool = False,
    ) -> None:
        command = (trace or []) + [binary, "serve", "--port", "{port}"]
        command += ["--data", f"{folder}/turnpike.db"]
        if seed is None:
            # A file that was used before has its marketplace.
            command += [] if again else ["--demo"]
        else:
            path = pathlib.Path(folder, "seed.yaml")
            path.write_text(seed, encoding="utf-8")
            command += ["--seed", str(path)]
        super().__init__(command, "/health")

    def registration_tokens(self, count: int, agreement: str, folder: str) -> str:
        """Makes tokens, and gives the path of a file with one on each line."""
        tokens = []
        for _ in range(count):
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}/control/v1/registration-tokens",
                data=json.dumps({"agreementId": agreement}).encode(),
            )
            with urllib.request.urlopen(request, timeout=30) as response:
                tokens.append(json.load(response)["token"])
        path = pathlib.Path(folder, "tokens.txt")
        path.write_text("\n".join(tokens), encoding="utf-8")
        return str(path)


def moto() -> Server:
    """moto's server; it knows no products, checks no signature and stores nothing."""
    binary = os.path.join(os.path.dirname(sys.executable), "moto_server")
    return Server([binary, "-p", "{port}"], "/moto-api/")


def echo() -> Server:
    """HummingbirdCore's HTTP server with nothing behind it."""
    return Server([str(TOOLS / "EchoServer"), "--port", "{port}"])
