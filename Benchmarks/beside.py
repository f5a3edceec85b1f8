"""Two builds of Turnpike in turns: what a change costs, or gains."""

import json
import statistics
import tempfile
import time
import urllib.request

import marketplace
from servers import Turnpike

ROUNDS = 3
STARTS = 5
HOURS = 23
# What is reported over: a million records, 25 a request.
REPORTED = 40_000
# The report is asked for so often.
REPORTS = 5


def rows(own: str, other: str, connections: int, seconds: float, fastest: int) -> list[list[str]]:
    """A row for each figure: of the other binary, of this one, and the ratio."""
    figures = {binary: [] for binary in (other, own)}
    for _ in range(ROUNDS):
        half = None
        for binary in (other, own):
            measured = measure(binary, connections, seconds, fastest, half)
            # Both wait for the same rate: half of what the other takes.
            half = half or measured["fresh records, requests/s"] / 2
            figures[binary].append(measured)
    return [
        [
            name,
            spread([figure[name] for figure in figures[other]]),
            spread([figure[name] for figure in figures[own]]),
            f"{ratio(name, figures[own], figures[other]):.3f}",
        ]
        for name in figures[own][0]
    ]


def ratio(name: str, own: list[dict], other: list[dict]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(a[name] / b[name] for a, b in zip(own, other))


def spread(values: list[float]) -> str:
    return " ".join(f"{value:,.4g}" if value < 1000 else f"{value:,.0f}" for value in values)


def measure(
    binary: str, connections: int, seconds: float, fastest: int, half: float | None
) -> dict[str, float]:
    figures = {"start on an empty file, ms": statistics.median(
        start(binary) for _ in range(STARTS))}
    fresh = load(binary, connections, seconds, int(seconds * fastest))
    figures["fresh records, requests/s"] = fresh["requestsPerSecond"]
    figures["µs of processor a request"] = fresh["serverCPU"] / fresh["requests"] * 1e6
    figures["bytes written a record"] = fresh["written"] / fresh["requests"] / 25
    calm = load(
        binary, connections, seconds, int(seconds * fastest),
        rate=half or fresh["requestsPerSecond"] / 2)
    figures["p99 at half of the other's rate, ms"] = calm["p99"]
    figures["a report over a million records, s"] = report(binary, connections)
    return figures


def start(binary: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        with Turnpike(folder, binary=binary):
            return (time.monotonic() - begin) * 1000


def load(binary: str, connections: int, seconds: float, requests: int, **options) -> dict:
    buyers = requests // HOURS + 1
    with tempfile.TemporaryDirectory() as folder:
        with Turnpike(folder, marketplace.seed(buyers), binary=binary) as server:
            return server.load(
                "fresh", seconds, requests, buyers=buyers, connections=connections, **options)


def report(binary: str, connections: int) -> float:
    buyers = REPORTED // HOURS + 1
    with tempfile.TemporaryDirectory() as folder:
        with Turnpike(folder, marketplace.seed(buyers), binary=binary) as server:
            server.load("fresh", 120, REPORTED, buyers=buyers, connections=connections)
            url = (
                f"http://127.0.0.1:{server.port}/control/v1/usage/totals"
                "?groupBy=buyerAccountId,dimension&limit=1000")
            times = []
            for _ in range(REPORTS):
                begin = time.monotonic()
                with urllib.request.urlopen(url, timeout=60) as answer:
                    json.load(answer)
                times.append(time.monotonic() - begin)
            return statistics.median(times)
