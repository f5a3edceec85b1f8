"""`--auth trusting`: for people who come from tools that never check a signature."""

import pytest

import messages
from clients import metering, raw, refusal
from market import Market
from server import running

ANYBODY = {"accessKeyId": "test", "secretAccessKey": "test"}


@pytest.fixture(scope="module", name="trusting")
def trusting_endpoint():
    """A server that believes every well-formed signature."""
    with running("--in-memory", "--auth", "trusting") as endpoint:
        yield endpoint


@pytest.fixture
def market(trusting):
    """A seller on that server."""
    return Market(trusting)


def test_an_unknown_key_acts_for_the_seller(market):
    """It is the seller of the product that the request names, by code, licence or token."""
    agreement = market.agreement(market.product(), market.buyer())
    client = metering(market, ANYBODY)
    token = market.token(agreement)["token"]
    answer = client.resolve_customer(RegistrationToken=token)
    assert answer["ProductCode"] == agreement["productCode"]
    record = {
        "Timestamp": market.now(),
        "CustomerAWSAccountId": agreement["buyerAccountId"],
        "Dimension": "requests",
    }
    by_code = {"ProductCode": agreement["productCode"], "UsageRecords": [record]}
    by_licence = {"UsageRecords": [{**record, "LicenseArn": agreement["licenseArn"]}]}
    for request in (by_code, by_licence):
        answer = client.batch_meter_usage(**request)
        assert [result["Status"] for result in answer["Results"]] == ["Success"]


@pytest.mark.parametrize("kind", ["ami", "container", "agentCore"])
def test_an_unknown_key_acts_as_a_workload_of_the_only_buyer(market, kind):
    """Its access key is the resource."""
    product = market.product(kind)
    market.agreement(product, market.buyer())
    metering(market, ANYBODY).meter_usage(
        ProductCode=product, Timestamp=market.now(), UsageDimension="requests", UsageQuantity=1
    )
    (usage,) = market.usage(product)
    assert usage["resourceId"] == ANYBODY["accessKeyId"]


@pytest.mark.parametrize("buyers", [0, 2])
def test_an_unknown_key_cannot_choose_between_buyers(market, buyers):
    """Without exactly one there is nobody to bill."""
    product = market.product("container")
    for _ in range(buyers):
        market.agreement(product, market.buyer())
    answer = refusal(
        metering(market, ANYBODY).meter_usage,
        ProductCode=product,
        Timestamp=market.now(),
        UsageDimension="requests",
    )
    assert answer == messages.CUSTOMER_NOT_ENTITLED


def test_a_known_key_keeps_its_rights(market):
    """What its policy forbids stays forbidden, whatever the secret."""
    credential = {**market.credential(allow=["MeterUsage"]), "secretAccessKey": "another"}
    answer = raw(market, "ResolveCustomer", {"RegistrationToken": "garbage"}, credential)
    assert answer.error == messages.access_denied(credential, "ResolveCustomer")
