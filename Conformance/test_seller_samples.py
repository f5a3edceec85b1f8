"""What AWS's published samples for sellers call, in their order, with their traps.

The programs are written anew from what they do; the SDK is the one under test.
"""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError

import messages
from clients import metering


def register(market, form_body, subscribers):
    """The registration page of a SaaS product: resolve the token, remember the buyer."""
    token = parse_qs(form_body)["x-amzn-marketplace-token"][0]
    answer = metering(market).resolve_customer(RegistrationToken=token)
    subscribers.append(answer)
    return answer


def hourly_job(market, product, pending, now):
    """The hourly function of the serverless sample: one request of up to 25 records a product.

    It returns the records that must be sent again.
    """
    records = [
        {
            "Timestamp": now,
            "CustomerIdentifier": customer,
            "Dimension": dimension,
            "Quantity": quantity,
        }
        for (customer, dimension), quantity in pending.items()
    ]
    answer = metering(market).batch_meter_usage(ProductCode=product, UsageRecords=records)
    failed = [item["UsageRecord"] for item in answer["Results"] if item["Status"] != "Success"]
    return failed + answer["UnprocessedRecords"]


def test_the_serverless_saas_sample(market):
    """A buyer registers, uses the product for an hour and is billed; the job can be retried."""
    product = market.product(integration="customerIdentifier")
    agreement = market.agreement(product, market.buyer())
    subscribers = []
    register(market, market.token(agreement)["fulfillment"]["body"], subscribers)
    customer = subscribers[0]["CustomerIdentifier"]
    pending = {(customer, "requests"): 120, (customer, "storage"): 0}
    now = market.now()
    assert hourly_job(market, product, pending, now) == []
    assert hourly_job(market, product, pending, now) == []
    totals = market.totals(product, "dimension")
    assert {item["dimension"]: item["quantity"] for item in totals} == {
        "requests": "120",
        "storage": "0",
    }


def test_the_sample_fails_with_products_of_today(market):
    """Code that reads CustomerIdentifier meets a product that has none."""
    product = market.product(contract="2026-10")
    agreement = market.agreement(product, market.buyer())
    answer = register(market, market.token(agreement)["fulfillment"]["body"], [])
    with pytest.raises(KeyError, match="CustomerIdentifier"):
        answer["CustomerIdentifier"]


def test_the_sample_for_concurrent_agreements(market):
    """Two agreements of one buyer are told apart by licence, and metered in one request."""
    product, buyer = market.product(), market.buyer()
    agreements = [market.agreement(product, buyer) for _ in range(2)]
    subscribers = []
    for agreement in agreements:
        register(market, market.token(agreement)["fulfillment"]["body"], subscribers)
    assert len({item["LicenseArn"] for item in subscribers}) == 2
    records = [
        {
            "Timestamp": market.now(),
            "LicenseArn": item["LicenseArn"],
            "CustomerAWSAccountId": item["CustomerAWSAccountId"],
            "Dimension": "requests",
            "Quantity": quantity,
        }
        for quantity, item in enumerate(subscribers, 1)
    ]
    answer = metering(market).batch_meter_usage(UsageRecords=records)
    assert [item["Status"] for item in answer["Results"]] == ["Success"] * 2
    totals = market.totals(product, "licenseArn")
    assert sorted(item["quantity"] for item in totals) == ["1", "2"]


def test_bisecting_a_batch_finds_the_bad_record(market):
    """One bad record fails a request, so the pipeline halves it until the others are through."""
    product, buyer = market.product(), market.buyer()
    market.agreement(product, buyer)
    now = market.now()
    dimensions = ["requests", "storage", "misspelled"]
    batch = [
        {
            "Timestamp": now,
            "CustomerAWSAccountId": buyer["accountId"],
            "Dimension": dimension,
            "Quantity": 1,
        }
        for dimension in dimensions
    ]
    client = metering(market)
    rejected, queue = [], [batch]
    while queue:
        part = queue.pop()
        try:
            client.batch_meter_usage(ProductCode=product, UsageRecords=part)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidUsageDimensionException"
            if len(part) == 1:
                rejected += part
            else:
                queue += [part[: len(part) // 2], part[len(part) // 2 :]]
    assert [record["Dimension"] for record in rejected] == ["misspelled"]
    assert len(market.usage(product)) == 2


def test_the_metered_container_sample(market):
    """It checks with a dry run at its start, then meters each hour and stops when it is told to."""
    product, buyer = market.product("container"), market.buyer()
    agreement = market.agreement(product, buyer)
    client = metering(market, market.workload("ecsTask", buyer))
    now = market.now()
    report = {"ProductCode": product, "UsageDimension": "requests"}
    client.meter_usage(**report, Timestamp=now, UsageQuantity=0, DryRun=True)
    for hours, quantity in ((2, 5), (1, 7), (0, 2)):
        client.meter_usage(
            **report, Timestamp=now - timedelta(hours=hours), UsageQuantity=quantity
        )
    market.cancel(agreement)
    (total,) = market.totals(product, "dimension")
    assert (total["quantity"], total["records"]) == ("14", 3)


def test_the_metered_container_does_not_start_without_a_subscription(market):
    """The dry run fails as the report would."""
    product = market.product("container")
    client = metering(market, market.workload("ecsTask", market.buyer()))
    with pytest.raises(client.exceptions.CustomerNotEntitledException) as caught:
        client.meter_usage(
            ProductCode=product,
            UsageDimension="requests",
            Timestamp=market.now(),
            UsageQuantity=0,
            DryRun=True,
        )
    assert caught.value.response["Error"]["Message"] == messages.CUSTOMER_NOT_ENTITLED[1]


def test_the_guides_quantity_split_by_tags(market):
    """Vendor-metered tagging, as the guide's example has it."""
    product, buyer = market.product(), market.buyer()
    market.agreement(product, buyer)
    parts = [(70, "Operations"), (30, "Finance"), (20, "IT"), (20, "Marketing")]
    record = {
        "Timestamp": market.now(),
        "CustomerAWSAccountId": buyer["accountId"],
        "Dimension": "requests",
        "Quantity": 170,
        "UsageAllocations": [
            {"AllocatedUsageQuantity": quantity, "Tags": [{"Key": "BusinessUnit", "Value": unit}]}
            for quantity, unit in parts
        ]
        + [{"AllocatedUsageQuantity": 30}],
    }
    answer = metering(market).batch_meter_usage(ProductCode=product, UsageRecords=[record])
    assert answer["Results"][0]["Status"] == "Success"
