"""A seller's service, with an unmodified SDK: it reports every hour that has ended, once.

It takes who has bought its product from the control API, as a real one would from its own database.
Options make it as faulty as services are.
"""

import argparse
import json
import os
import time
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

HOUR = timedelta(hours=1)
# In real time: how often it looks for hours to report.
LOOK_SECONDS = 0.05


def arguments():
    """What it is started with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("product")
    parser.add_argument("--quantity", type=int, default=5)
    parser.add_argument(
        "--by", choices=["license", "product", "both"], default="license", help="how it reports"
    )
    parser.add_argument("--gives-up", action="store_true", help="tries each hour only once")
    parser.add_argument("--skips", type=int, help="never reports this hour of an agreement")
    parser.add_argument("--lag", type=int, default=0, help="reports so many hours later")
    parser.add_argument("--migrates-after", type=int, help="by ProductCode for so many hours")
    return parser.parse_args()


def agreements(product):
    """Those of the product."""
    address = f"{os.environ['TURNPIKE_ENDPOINT']}/control/v1/agreements?limit=1000"
    with urllib.request.urlopen(address) as response:
        items = json.load(response)["items"]
    return [item for item in items if item["productCode"] == product]


def moment(text):
    """A time of the control API."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def hours(agreement, now, lag):
    """The hours that ended for an agreement, with the part of an hour at its end."""
    end = moment(agreement["endsAt"]) if "endsAt" in agreement else None
    hour = moment(agreement["startsAt"]).replace(minute=0, second=0, microsecond=0)
    while True:
        until = hour + HOUR if end is None else min(hour + HOUR, end)
        if until <= hour or until + HOUR * lag > now:
            return
        yield hour
        hour += HOUR


def requests(options, agreement, hour, index):
    """What is sent for an hour of an agreement."""
    record = {
        "Timestamp": hour,
        "CustomerAWSAccountId": agreement["buyerAccountId"],
        "Dimension": "requests",
        "Quantity": options.quantity,
    }
    licensed = {"UsageRecords": [{**record, "LicenseArn": agreement["licenseArn"]}]}
    plain = {"ProductCode": options.product, "UsageRecords": [record]}
    if options.by == "both":
        return [plain, licensed]
    if options.migrates_after is not None:
        return [plain if index < options.migrates_after else licensed]
    return [plain if options.by == "product" else licensed]


def taken(client, request):
    """Whether a request recorded its usage."""
    try:
        answer = client.batch_meter_usage(**request)
    except (BotoCoreError, ClientError):
        return False
    return [result["Status"] for result in answer["Results"]] == ["Success"]


def serve(options):
    """Reports for ever."""
    # It tries again itself; boto3 would wait for seconds in between, and the marketplace does not.
    client = boto3.client("meteringmarketplace", config=Config(retries={"total_max_attempts": 1}))
    done = set()
    # What was bought before it began is not its business.
    earlier = {agreement["agreementId"] for agreement in agreements(options.product)}
    print("ready", flush=True)
    while True:
        now = datetime.now(timezone.utc)
        for agreement in agreements(options.product):
            name = agreement["agreementId"]
            if name in earlier:
                continue
            for index, hour in enumerate(hours(agreement, now, options.lag)):
                if (name, hour) in done or index == options.skips:
                    continue
                sent = [taken(client, r) for r in requests(options, agreement, hour, index)]
                if all(sent) or options.gives_up:
                    done.add((name, hour))
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    serve(arguments())
