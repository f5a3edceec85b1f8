"""Measures BatchMeterUsage on Turnpike and on moto's server, side by side on this machine.

Both get requests of 25 fresh records, signed beforehand, over the same number of connections, in
turns. Turnpike verifies each signature and stores each record durably; moto does neither. What
counts is the ratio: absolute figures differ from machine to machine and from hour to hour.

Usage: Scripts/benchmark [seconds for each turn] [turns] [connections]
"""

import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

RECORDS = 25
HOURS = 23
SELLER = "111122223333"
ACCESS_KEY = "AKIABENCHMARKSELLER1"
SECRET = "benchmark-secret"
PRODUCT = "benchmarkproduct000000001"
PROCESSES = 2
BINARY = os.environ.get("TURNPIKE_BINARY", ".build/release/turnpike")
SERVE = ["serve", "--port", "PORT"]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    connections = int(sys.argv[3]) if len(sys.argv) > 3 else 32
    buyers = int(seconds * turns * 12_000 / HOURS) + 1
    print_start()
    with tempfile.TemporaryDirectory() as folder, Turnpike(folder, buyers) as turnpike, Moto(
        folder
    ) as moto:
        figures: dict[str, list[float]] = {"turnpike": [], "moto": []}
        fresh = iter(range(buyers * HOURS))
        for turn in range(turns):
            for name, server, rate in (("moto", moto, 600), ("turnpike", turnpike, 8_000)):
                numbers = [next(fresh) for _ in range(int(seconds * rate))]
                figure = load(server.port, numbers, connections, seconds)
                figures[name].append(figure)
                print(f"turn {turn + 1}: {name} {figure:,.0f} requests/s", flush=True)
    middle = {name: statistics.median(values) for name, values in figures.items()}
    print(
        f"median of {turns} turns with {connections} connections: "
        f"turnpike {middle['turnpike']:,.0f} requests/s "
        f"({middle['turnpike'] * RECORDS:,.0f} records/s), moto {middle['moto']:,.0f} requests/s, "
        f"ratio {middle['turnpike'] / middle['moto']:.1f}"
    )


def print_start() -> None:
    """How soon the demo answers on an empty file, and what it holds when idle, over ten starts."""
    milliseconds, megabytes = [], []
    for _ in range(10):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "turnpike.db")
            begin = time.monotonic()
            with Server([BINARY, *SERVE, "--demo", "--data", file], "/health") as server:
                milliseconds.append((time.monotonic() - begin) * 1000)
                time.sleep(0.5)
                megabytes.append(server.resident_bytes() / 1e6)
    print(
        f"start to first answer: {statistics.median(milliseconds):.0f} ms "
        f"(at most {max(milliseconds):.0f}); idle: {max(megabytes):.0f} MB resident",
        flush=True,
    )


def buyer(number: int) -> str:
    return f"{700_000_000_000 + number}"


def signed(port: int, number: int, now: int) -> bytes:
    """The bytes of a request whose records nobody sent before."""
    account, hour = divmod(number, HOURS)
    records = ",".join(
        f'{{"Timestamp":{now - hour * 3600 - 60},"CustomerAWSAccountId":"{buyer(account)}",'
        f'"CustomerIdentifier":null,"Dimension":"d{index}","Quantity":{number % 100}}}'
        for index in range(RECORDS)
    )
    body = f'{{"ProductCode":"{PRODUCT}","UsageRecords":[{records}]}}'
    request = AWSRequest(
        method="POST",
        url=f"http://127.0.0.1:{port}/",
        data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSMPMeteringService.BatchMeterUsage",
        },
    )
    SigV4Auth(Credentials(ACCESS_KEY, SECRET), "aws-marketplace", "us-east-1").add_auth(request)
    headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    text = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    return text.encode()


def load(port: int, numbers: list[int], connections: int, seconds: float) -> float:
    """Answered requests per second, from processes of their own."""
    parts = [numbers[index::PROCESSES] for index in range(PROCESSES)]
    barrier = multiprocessing.Barrier(PROCESSES)
    results: multiprocessing.Queue = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(
            target=work,
            args=(port, part, connections // PROCESSES, seconds, barrier, results),
        )
        for part in parts
    ]
    for worker in workers:
        worker.start()
    answered = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    failures = [failure for _, some in answered for failure in some]
    if failures:
        raise SystemExit(f"{len(failures)} connections failed, the first: {failures[0]}")
    return sum(rate for rate, _ in answered)


def work(port, numbers, connections, seconds, barrier, results) -> None:
    now = int(time.time())
    queue = iter([signed(port, number, now) for number in numbers])
    lock = threading.Lock()
    counts: list[int] = []
    failures: list[str] = []

    def connection() -> None:
        count = 0
        peer = None
        try:
            while time.monotonic() < end:
                with lock:
                    request = next(queue, None)
                if request is None:
                    break
                peer = peer or connect(port)
                peer.sendall(request)
                if not read_answer(peer):
                    peer.close()
                    peer = None
                count += 1
        except OSError as error:
            failures.append(str(error))
        counts.append(count)

    barrier.wait()
    start = time.monotonic()
    end = start + seconds
    threads = [threading.Thread(target=connection) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((sum(counts) / (time.monotonic() - start), failures))


def connect(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), timeout=30)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CLOSE = re.compile(rb"(?i)\r\nconnection: *close")


def read_answer(peer: socket.socket) -> bool:
    """Reads one answer. False if the server closes the connection behind it, as moto's does."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += receive(peer)
    if not data.startswith(b"HTTP/1.1 200"):
        raise OSError(f"the server refused: {data[:2000]!r}")
    match = LENGTH.search(data, 0, end)
    missing = end + 4 + int(match.group(1)) - len(data)
    while missing > 0:
        missing -= len(receive(peer))
    return CLOSE.search(data, 0, end) is None


def receive(peer: socket.socket) -> bytes:
    data = peer.recv(65_536)
    if not data:
        raise OSError("the server closed the connection")
    return data


class Server:
    """A server on a free port of loopback, in a process of its own."""

    def __init__(self, command: list[str], health: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = [part.replace("PORT", str(self.port)) for part in command]
        self.health = f"http://127.0.0.1:{self.port}{health}"

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.health, timeout=5).close()
                return self
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{self.command[0]} ended at once")
                time.sleep(0.001)
        raise SystemExit(f"{self.command[0]} does not answer")

    def resident_bytes(self) -> int:
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()


class Turnpike(Server):
    """Turnpike on a fresh file, with a product of 25 dimensions and many buyers."""

    def __init__(self, folder: str, buyers: int) -> None:
        seed = os.path.join(folder, "seed.yaml")
        with open(seed, "w", encoding="utf-8") as file:
            file.write(marketplace(buyers))
        super().__init__(
            [
                *(BINARY, *SERVE, "--seed", seed),
                *("--data", os.path.join(folder, "turnpike.db")),
            ],
            "/health",
        )


class Moto(Server):
    """moto's server; it knows no products and answers every record of BatchMeterUsage."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            [os.path.join(os.path.dirname(sys.executable), "moto_server"), "-p", "PORT"],
            "/moto-api/",
        )


def marketplace(buyers: int) -> str:
    lines = ["accounts:", f'  - {{accountId: "{SELLER}", role: seller, name: Seller}}']
    lines += [
        f'  - {{accountId: "{buyer(number)}", role: buyer, name: Buyer}}'
        for number in range(buyers)
    ]
    lines += ["products:", f"  - productCode: {PRODUCT}", "    type: saas", "    title: Benchmark"]
    lines += [f'    sellerAccountId: "{SELLER}"', "    dimensions:"]
    lines += [f"      - {{name: d{index}}}" for index in range(RECORDS)]
    lines += ["agreements:"]
    lines += [
        f"  - {{agreementId: agmt-{number}, productCode: {PRODUCT}, "
        f'buyerAccountId: "{buyer(number)}", startsAt: "2026-01-01T00:00:00Z"}}'
        for number in range(buyers)
    ]
    lines += ["credentials:", f"  - accessKeyId: {ACCESS_KEY}", f"    secretAccessKey: {SECRET}"]
    lines += [f'    principal: {{kind: account, accountId: "{SELLER}"}}', ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
