"""A month in marketplace time: buyers whose usage is reported every hour, by an unmodified SDK."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from clients import metering
from market import Clock, Market

BUYERS = 10
START = datetime(2027, 3, 1, tzinfo=timezone.utc)
END = datetime(2027, 4, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@dataclass
class Month:
    """What was reported, and how long it took."""

    product: str
    buyers: list
    requests: int
    records: int
    seconds: float


def simulate(endpoint, alone=False):
    """Lets March 2027 pass on a server that nobody else uses, hour by hour.

    Each hour is reported when it has ended: in one request for all buyers, or in one for each.
    """
    market = Market(endpoint)
    clock = Clock(market.control)
    clock.freeze(START)
    product = market.product()
    buyers = [market.buyer() for _ in range(BUYERS)]
    for buyer in buyers:
        market.agreement(product, buyer)
    client = metering(market)
    began = time.perf_counter()
    requests = records = 0
    hour = START
    with ThreadPoolExecutor(BUYERS if alone else 1) as pool:
        while hour < END:
            clock.advance(hours=1)
            batch = [
                {
                    "Timestamp": hour,
                    "CustomerAWSAccountId": buyer["accountId"],
                    "Dimension": "requests",
                    "Quantity": quantity(hour, number),
                }
                for number, buyer in enumerate(buyers)
            ]
            batches = [[record] for record in batch] if alone else [batch]
            for answer in pool.map(lambda part: report(client, product, part), batches):
                requests += 1
                records += len(answer["Results"])
                assert answer["UnprocessedRecords"] == []
                assert {result["Status"] for result in answer["Results"]} == {"Success"}
            hour += HOUR
    return Month(product, buyers, requests, records, time.perf_counter() - began)


def report(client, product, records):
    """One call of BatchMeterUsage."""
    return client.batch_meter_usage(ProductCode=product, UsageRecords=records)


def quantity(hour, number):
    """What a buyer used in an hour: something else in each."""
    return (hour - START) // HOUR + 1000 * number


if __name__ == "__main__":
    month = simulate(os.environ["TURNPIKE_ENDPOINT"], alone="--alone" in sys.argv)
    print(
        f"A month of {BUYERS} buyers: {month.records} records in {month.requests} requests, "
        f"{month.seconds:.1f} seconds"
    )
