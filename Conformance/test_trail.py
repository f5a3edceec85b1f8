"""The audit trail: calls as CloudTrail records them, on a server of these tests' own."""

import json
import os
import subprocess
from datetime import datetime, timezone

import pytest

from clients import metering, refusal
from market import empty_market
from shop import Shop

NOON = datetime(2027, 3, 10, 12, 0, 5, tzinfo=timezone.utc)


@pytest.fixture
def shop(own_endpoint):
    """A product with its buyer, at noon."""
    return Shop(empty_market(own_endpoint, NOON))


def trail(shop, **query):
    """What is recorded of calls."""
    return shop.market.control.get("trail", **query)["items"]


def test_batch_meter_usage(shop):
    """It is recorded in the seller's account, with what was asked and answered."""
    answer = shop.meter(shop.record())
    (record,) = trail(shop)
    assert record["eventName"] == "BatchMeterUsage"
    assert record["eventSource"] == "metering-marketplace.amazonaws.com"
    assert record["eventTime"] == "2027-03-10T12:00:05Z"
    assert record["awsRegion"] == "us-east-1"
    assert record["recipientAccountId"] == shop.market.seller_account
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert record["userAgent"].startswith("Boto3/")
    identity = record["userIdentity"]
    assert identity["type"] == "IAMUser"
    assert identity["accountId"] == shop.market.seller_account
    assert identity["accessKeyId"] == shop.market.seller["accessKeyId"]
    sent = {
        "timestamp": "Mar 10, 2027 12:00:05 PM",
        "customerAWSAccountID": shop.buyer["accountId"],
        "dimension": "requests",
        "quantity": 3,
    }
    parameters = record["requestParameters"]
    assert parameters["productCode"] == shop.product
    assert [sent.items() <= item.items() for item in parameters["usageRecords"]] == [True]
    (result,) = record["responseElements"]["results"]
    assert result["meteringRecordId"] == answer["Results"][0]["MeteringRecordId"]
    assert result["status"] == "Success"
    assert record["responseElements"]["unprocessedRecords"] == []


def test_workloads(shop):
    """MeterUsage and RegisterUsage are recorded in the buyer's account, by the role."""
    container = shop.market.product("container")
    shop.market.agreement(container, shop.buyer)
    task = metering(shop.market, shop.market.workload("ecsTask", shop.buyer))
    metered = task.meter_usage(
        ProductCode=container, Timestamp=NOON, UsageDimension="requests", UsageQuantity=2
    )
    task.register_usage(ProductCode=container, PublicKeyVersion=1, Nonce="n")
    usage, registration = trail(shop)
    for record in (usage, registration):
        assert record["recipientAccountId"] == shop.buyer["accountId"]
        assert record["userIdentity"]["type"] == "AssumedRole"
    assert usage["eventName"] == "MeterUsage"
    assert usage["requestParameters"]["timestamp"] == "Mar 10, 2027 12:00:05 PM"
    assert usage["requestParameters"]["usageQuantity"] == 2
    assert usage["responseElements"] == {"meteringRecordId": metered["MeteringRecordId"]}
    assert registration["eventName"] == "RegisterUsage"
    assert registration["requestParameters"] == {
        "productCode": container,
        "publicKeyVersion": 1,
        "nonce": "n",
    }


def test_a_refusal(shop):
    """It has an error and no answer."""
    record = shop.record(Dimension="unknown")
    code, message = refusal(
        shop.client.batch_meter_usage, ProductCode=shop.product, UsageRecords=[record]
    )
    (recorded,) = trail(shop)
    assert recorded["errorCode"] == code == "InvalidUsageDimensionException"
    assert recorded["errorMessage"] == message
    assert recorded["responseElements"] is None


def test_what_is_not_in_it(shop):
    """ResolveCustomer is not recorded, as AWS does not."""
    token = shop.market.token(shop.agreement)["token"]
    shop.client.resolve_customer(RegistrationToken=token)
    assert trail(shop) == []


def test_paging(shop):
    """It is endless: the cursor goes on with what comes later, oldest first."""
    ids = [shop.meter(shop.record())["ResponseMetadata"]["RequestId"] for _ in range(5)]
    seen = []
    cursor = None
    for _ in range(4):
        page = shop.market.control.get("trail", limit=2, cursor=cursor)
        seen += [item["requestID"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert seen == ids
    assert page["items"] == []
    last = shop.meter(shop.record())["ResponseMetadata"]["RequestId"]
    assert [item["requestID"] for item in trail(shop, cursor=cursor)] == [last]


def test_the_command(shop):
    """`turnpike trail` prints a record a line."""
    shop.meter(shop.record())
    shop.meter(shop.record())
    printed = subprocess.run(
        [os.environ["TURNPIKE_BINARY"], "trail", "--endpoint", shop.market.endpoint],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [json.loads(line) for line in printed.stdout.splitlines()] == trail(shop)
