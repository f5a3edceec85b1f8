"""Measures Turnpike, and beside it in the same run what it is compared with.

The load generator sends requests that were signed ahead; Turnpike verifies each, applies every
rule, and syncs each answer to disk. What counts are the ratios: absolute figures differ from
machine to machine and from hour to hour.

Usage: Scripts/bench [--long | --instructions | --buyers N | --beside BINARY] [--output FILE]
"""

import argparse
import datetime
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import tempfile
import textwrap
import time

import baselines
import beside
import history
import instructions
import large
import marketplace
from servers import BINARY, Turnpike, echo, moto

CONNECTIONS = 32
RECORDS = 25
HOURS = 23
# Requests that are prepared for a second: more than any server here answers, because what is sent
# twice is no fresh record.
FASTEST = 30_000
# Requests that are sent while syncs are counted.
TRACED = 40_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--long", action="store_true", help="20 s for each figure instead of 5")
    parser.add_argument(
        "--instructions", action="store_true", help="count instructions, and measure nothing else"
    )
    parser.add_argument(
        "--buyers", type=int, metavar="N",
        help="send from so many buyers, and measure nothing else; --long does with a million",
    )
    parser.add_argument(
        "--history", type=int, metavar="N",
        help="fill a file with so many records, and measure nothing else; 100 million take some "
        "ten minutes",
    )
    parser.add_argument(
        "--beside", metavar="BINARY",
        help="measure another build of Turnpike and this one in turns, and nothing else",
    )
    parser.add_argument("--output", help="also write the tables to this Markdown file")
    options = parser.parse_args()
    seconds = 20.0 if options.long else 5.0
    report = Report()
    report.write(f"# Benchmark of {datetime.date.today().isoformat()}")
    report.write(machine())
    alone = any(
        value is not None for value in (options.buyers, options.history, options.beside)
    ) or options.instructions
    if not alone:
        report.write(starts())
        fresh = side_by_side(report, seconds)
        workloads(report, seconds, fresh)
    if options.long or options.instructions:
        report.table(
            ["step of a request with 25 fresh records", "instructions", "of all"],
            instructions.rows(),
        )
    if options.long or options.buyers is not None:
        buyers = options.buyers or 1_000_000
        report.table(
            [f"{buyers:,} buyers, 10 dimensions, hours in no order", ""],
            large.rows(buyers, CONNECTIONS),
        )
    if options.history is not None:
        report.table(
            ["a history of a month", ""], history.rows(options.history, CONNECTIONS, seconds)
        )
    if options.beside is not None:
        report.table(
            ["three rounds in turns", "the other build", "this build", "ratio"],
            beside.rows(BINARY, options.beside, CONNECTIONS, seconds, FASTEST),
        )
    if options.output:
        pathlib.Path(options.output).write_text(report.text, encoding="utf-8")


class Report:
    """Paragraphs, printed as they come."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, paragraph: str) -> None:
        self.add(textwrap.fill(paragraph, 100))

    def add(self, paragraph: str) -> None:
        self.text += paragraph + "\n" if not self.text else "\n" + paragraph + "\n"
        print(paragraph + "\n", flush=True)

    def table(self, head: list[str], rows: list[list[str]]) -> None:
        lines = [head, ["---"] * len(head), *rows]
        self.add("\n".join("| " + " | ".join(line) + " |" for line in lines))


def machine() -> str:
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.*)", text)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = model.group(1) if model else platform.machine()
    return f"{os.cpu_count()} × {name}, {memory:.0f} GiB, Linux {platform.release()}."


def starts() -> str:
    """How soon the demo answers on an empty file, and what it holds when idle, over ten starts."""
    milliseconds, megabytes = [], []
    for _ in range(10):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            with Turnpike(folder) as server:
                milliseconds.append((time.monotonic() - begin) * 1000)
                time.sleep(0.5)
                megabytes.append(server.resident_bytes() / 1e6)
    return (
        f"Start to first answer: {statistics.median(milliseconds):.0f} ms (at most "
        f"{max(milliseconds):.0f}); idle: {max(megabytes):.0f} MB resident."
    )


def side_by_side(report: Report, seconds: float) -> dict:
    """Fresh records, beside what Turnpike is compared with; gives Turnpike's own figures."""
    requests = int(seconds * FASTEST)
    buyers = (requests + TRACED) // HOURS + 1
    with tempfile.TemporaryDirectory() as folder:
        with Turnpike(folder, marketplace.seed(buyers)) as server:
            fresh = server.load(
                "fresh", seconds, requests, buyers=buyers, connections=CONNECTIONS
            )
        syncs = syncs_per_request(folder, buyers, first=requests)
    with moto() as server:
        mocked = server.load(
            "fresh", seconds, int(seconds * 1500), buyers=buyers, connections=CONNECTIONS
        )
    with echo() as server:
        echoed = server.load(
            "fresh", seconds, int(seconds * 60_000), buyers=buyers, connections=CONNECTIONS
        )
    per_sync = RECORDS / syncs if syncs else RECORDS
    rows = baselines.sqlite_rows_per_second(seconds, round(per_sync))
    with baselines.Postgres() as server:
        postgres = server.rows_per_second(seconds, CONNECTIONS)
    own = fresh["recordsPerSecond"]
    report.table(
        ["25 fresh records a request, 32 connections", "requests/s", "records/s", "Turnpike is"],
        [
            row("Turnpike", own, own),
            row("PostgreSQL, the same rows, 25 a statement, fsync on", postgres, own),
            row(f"SQLite's C interface alone, {per_sync:.0f} rows a transaction", rows, own),
            row("moto's server, the same requests", mocked["recordsPerSecond"], own),
            row("an HTTP server which only echoes", echoed["recordsPerSecond"], own),
        ],
    )
    records = fresh["requests"] * RECORDS
    report.write(
        f"Server: {fresh['serverCPU'] / fresh['requests'] * 1e6:.0f} µs of processor a request, "
        f"{fresh['resident'] / 1e6:.0f} MB resident, {syncs:.3f} syncs a request, "
        f"{fresh['written'] / records:.0f} bytes written a record. Load generator: "
        f"{fresh['cpuSeconds'] / fresh['seconds'] / os.cpu_count():.0%} of the machine."
    )
    return fresh


def row(name: str, records: float, own: float) -> list[str]:
    return [name, f"{records / RECORDS:,.0f}", f"{records:,.0f}", f"{own / records:.1f} ×"]


def syncs_per_request(folder: str, buyers: int, first: int) -> float:
    """Counted apart, because counting slows the server down."""
    if shutil.which("strace") is None:
        raise SystemExit("strace is missing: run Scripts/install-prerequisites --bench")
    path = pathlib.Path(folder, "strace.txt")
    trace = ["strace", "--seccomp-bpf", "-f", "-c", "-e", "trace=fdatasync,fsync", "-o", str(path)]
    with Turnpike(folder, marketplace.seed(buyers), trace) as server:
        result = server.load(
            "fresh", 2, TRACED, buyers=buyers, connections=CONNECTIONS, first=first
        )
    calls = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*sync$", path.read_text(), re.MULTILINE)
    return sum(map(int, calls)) / result["requests"]


def workloads(report: Report, seconds: float, fresh: dict) -> None:
    rows = [latencies("fresh records", fresh)]
    half = fresh["requestsPerSecond"] / 2
    requests = int(seconds * FASTEST)
    buyers = requests // HOURS + 1
    plans = [
        ("fresh records, at half of that rate", "fresh", {"rate": half}),
        ("every second request is a resend", "resend", {}),
        ("one hot customer", "hot", {}),
        ("10 records a request, buyers and hours in no order", "spread", {}),
    ]
    for name, workload, extra in plans:
        with tempfile.TemporaryDirectory() as folder:
            with Turnpike(folder, marketplace.seed(buyers)) as server:
                result = server.load(workload, seconds, requests, buyers=buyers,
                                     connections=CONNECTIONS, **extra)
        rows.append(latencies(name, result))
    rows += operations(seconds)
    report.table(
        ["workload", "requests/s", "records/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms",
         "µs a request", "MB"],
        rows,
    )


def operations(seconds: float) -> list[list[str]]:
    """The other three operations."""
    workers = 10_000
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        with Turnpike(folder, marketplace.seed(1, workers)) as server:
            tokens = server.registration_tokens(200, "agmt-0", folder)
            for name, workload, extra in [
                ("MeterUsage from 10,000 workloads", "meter", {"buyers": workers}),
                ("ResolveCustomer", "resolve", {"tokens": tokens}),
                ("RegisterUsage", "register", {"buyers": 100}),
            ]:
                result = server.load(workload, seconds, int(seconds * 30_000),
                                     connections=CONNECTIONS, **extra)
                rows.append(latencies(name, result))
    return rows


def latencies(name: str, result: dict) -> list[str]:
    bad = {status: count for status, count in result["statuses"].items() if status != "200"}
    if bad:
        name += f" ({bad} besides 200)"
    return [
        name,
        f"{result['requestsPerSecond']:,.0f}",
        f"{result['recordsPerSecond']:,.0f}",
        *(f"{result[p]:.1f}" for p in ("p50", "p90", "p99", "p99.9")),
        f"{result['serverCPU'] / result['requests'] * 1e6:.0f}",
        f"{result['resident'] / 1e6:.0f}",
    ]


if __name__ == "__main__":
    main()
