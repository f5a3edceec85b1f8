"""A marketplace of a million buyers, each with ten dimensions, and ten million open hours."""

import os
import sys
import tempfile
import time

import marketplace
from servers import Turnpike

RECORDS = 10
# What the load generator prepares at a time; it holds all of them in memory.
STEP = 250_000


def rows(buyers: int, connections: int) -> list[list[str]]:
    """Applies the seed, starts again without it, and sends as many requests as there are buyers."""
    with tempfile.TemporaryDirectory() as folder:
        progress(f"applying a seed of {buyers:,} buyers")
        seeded = Turnpike(folder, marketplace.seed(buyers))
        begin = time.monotonic()
        with seeded:
            found = [["start that applies the seed", f"{time.monotonic() - begin:.1f} s"]]
            found.append(resident("memory after it", seeded))
        os.remove(f"{folder}/seed.yaml")
        begin = time.monotonic()
        with Turnpike(folder, again=True) as server:
            found.append(["start without the seed", f"{time.monotonic() - begin:.1f} s"])
            found.append(resident("memory after it", server))
            requests, seconds, cpu, refused = 0, 0.0, 0.0, 0
            for first in range(0, buyers, STEP):
                progress(f"{first * RECORDS:,} of {buyers * RECORDS:,} records sent")
                result = server.load("spread", 600, min(STEP, buyers - first), buyers=buyers,
                                     connections=connections, first=first)
                requests += result["requests"]
                seconds += result["seconds"]
                cpu += result["serverCPU"]
                refused += sum(result["statuses"].values()) - result["statuses"].get("200", 0)
            found.append(["requests with 10 fresh records", f"{requests:,}"])
            found.append(["not answered with 200", f"{refused:,}"])
            found.append(["records/s", f"{requests * RECORDS / seconds:,.0f}"])
            found.append(["processor a request", f"{cpu / requests * 1e6:.0f} µs"])
            found.append(resident("memory at the end", server))
    return found


def resident(name: str, server: Turnpike) -> list[str]:
    return [name, f"{server.resident_bytes() / 1e6:,.0f} MB"]


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
