"""A month's history: what it costs a start, memory, the rate of new records, and a report."""

import calendar
import datetime
import json
import os
import sys
import tempfile
import time
import urllib.request

import marketplace
from servers import Turnpike

BUYERS = 10_000
HOURS = 23
RECORDS = 25
REPORTED = 1_000_000


def rows(records: int, connections: int, seconds: float) -> list[list[str]]:
    """Fills a file with about so many records, day by day, and measures it beside an empty one."""
    seed = marketplace.seed(BUYERS, history=True)
    days = max(1, round(records / (BUYERS * HOURS * RECORDS)))
    few = max(1, round(REPORTED / (HOURS * RECORDS * days)))
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        stored = 0
        with Turnpike(full, seed) as server:
            for day in range(days):
                evening = last_minute(day)
                set_clock(server, evening)
                for product, buyers in ((marketplace.HISTORY, BUYERS), (None, few)):
                    stored += send(server, evening, product, buyers, connections)
                print(f"{stored:,} records stored", file=sys.stderr, flush=True)
        os.remove(f"{full}/seed.yaml")
        size = sum(entry.stat().st_size for entry in os.scandir(full))
        begin = time.monotonic()
        with Turnpike(full, again=True) as server:
            started = time.monotonic() - begin
            idle = server.resident_bytes()
            begin = time.monotonic()
            groups = report(server)
            reported = time.monotonic() - begin
            evening = last_minute(days)
            set_clock(server, evening)
            with_history = rate(server, evening, connections, seconds)
            busy = server.resident_bytes()
        with Turnpike(empty, seed) as server:
            set_clock(server, evening)
            without = rate(server, evening, connections, seconds)
    return [
        ["records stored", f"{stored:,}"],
        ["data file", f"{size / 1e9:.1f} GB, {size / stored:.0f} bytes a record"],
        ["start to first answer", f"{started * 1000:.0f} ms"],
        ["memory after the start", f"{idle / 1e6:.0f} MB"],
        [
            f"report over {few * HOURS * RECORDS * days:,} records of one product, by buyer and "
            f"dimension, first 1,000 of {few * RECORDS:,} groups ({groups} shown)",
            f"{reported:.2f} s",
        ],
        ["fresh records/s with the history", f"{with_history:,.0f}"],
        ["fresh records/s on an empty file", f"{without:,.0f}"],
        ["ratio", f"{with_history / without:.2f}"],
        ["memory at the end", f"{busy / 1e6:.0f} MB"],
    ]


def last_minute(day: int) -> int:
    """The end of a day of next month, in seconds since 1970."""
    today = datetime.date.today()
    first = (today.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    date = first + datetime.timedelta(days=day)
    return calendar.timegm(date.timetuple()) + 24 * 3600 - 30


def set_clock(server: Turnpike, now: int) -> None:
    moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    body = {"mode": "frozen", "now": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/control/v1/clock",
        data=json.dumps(body).encode(), method="PUT",
    )
    urllib.request.urlopen(request, timeout=30).close()


def send(
    server: Turnpike, now: int, product: str | None, buyers: int, connections: int
) -> int:
    """Sends every buyer's day once, and gives the number of records."""
    options = {"product": product} if product else {}
    result = server.load("fresh", 600, buyers * HOURS, buyers=buyers, now=now,
                         connections=connections, **options)
    return result["requests"] * RECORDS


def rate(server: Turnpike, now: int, connections: int, seconds: float) -> float:
    result = server.load("fresh", seconds, BUYERS * HOURS, buyers=BUYERS, now=now,
                         connections=connections, product=marketplace.HISTORY)
    return result["recordsPerSecond"]


def report(server: Turnpike) -> int:
    query = f"productCode={marketplace.PRODUCTS[0][0]}&groupBy=buyerAccountId,dimension&limit=1000"
    with urllib.request.urlopen(
        f"http://127.0.0.1:{server.port}/control/v1/usage/totals?{query}", timeout=300
    ) as response:
        return len(json.load(response)["items"])
