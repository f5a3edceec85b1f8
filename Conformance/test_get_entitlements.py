"""GetEntitlements: a seller asks what buyers bought in advance, over JSON and over CBOR."""

import boto3
import botocore.model
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from clients import refusal

PROTOCOLS = ["json", "smithy-rpc-v2-cbor"]


def entitlements(market, region):
    """The SDK's own client of the entitlement service, the seller's."""
    return boto3.session.Session().client(
        "marketplace-entitlement",
        endpoint_url=market.endpoint,
        region_name=region,
        aws_access_key_id=market.seller["accessKeyId"],
        aws_secret_access_key=market.seller["secretAccessKey"],
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(params=PROTOCOLS)
def ask(request, market, monkeypatch):
    """The SDK's client, kept to one of its two protocols."""
    monkeypatch.setattr(
        botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (request.param,)
    )
    client = entitlements(market, "us-east-1")
    assert client.meta.service_model.resolved_protocol == request.param
    return client


@pytest.fixture
def product(market):
    """A product with a dimension of each kind that can be bought."""
    names = ["seats", "share", "support", "edition"]
    dimensions = [{"name": "requests"}] + [{"name": name, "type": "entitled"} for name in names]
    return market.product(dimensions=dimensions)


def buy(market, product, values, **members):
    """An agreement with which these values were bought."""
    entitlements = [{"dimension": name, "value": value} for name, value in values.items()]
    return market.agreement(product, market.buyer(), entitlements=entitlements, **members)


def test_nothing_bought_is_an_answer_without_the_list(ask, market, product):
    """AWS leaves the empty list out, which users' code has to survive."""
    market.agreement(product, market.buyer())
    answer = ask.get_entitlements(ProductCode=product)
    assert answer.keys() == {"ResponseMetadata"}


def test_what_was_bought_has_its_type_its_end_and_its_buyer(ask, market, product):
    """Whole numbers, fractions, flags and names come back as such."""
    values = {"seats": 5, "share": 0.5, "support": True, "edition": "gold"}
    sale = buy(market, product, values, endsAt="2199-01-01T00:00:00Z")
    answer = ask.get_entitlements(ProductCode=product)["Entitlements"]
    assert {item["Dimension"]: item["Value"] for item in answer} == {
        "seats": {"IntegerValue": 5},
        "share": {"DoubleValue": 0.5},
        "support": {"BooleanValue": True},
        "edition": {"StringValue": "gold"},
    }
    for item in answer:
        assert item["ProductCode"] == product
        assert item["CustomerAWSAccountId"] == sale["buyerAccountId"]
        assert item["LicenseArn"] == sale["licenseArn"]
        assert item["ExpirationDate"].isoformat().startswith("2199-01-01")
        assert "CustomerIdentifier" not in item


def test_filters_take_any_value_of_a_key_and_all_keys(ask, market, product):
    """Union within a key, intersection across keys."""
    first = buy(market, product, {"seats": 1, "edition": "a"})
    second = buy(market, product, {"seats": 2})

    def found(**filters):
        answer = ask.get_entitlements(ProductCode=product, Filter=filters)
        return len(answer.get("Entitlements", []))

    both = [first["buyerAccountId"], second["buyerAccountId"]]
    assert found(CUSTOMER_AWS_ACCOUNT_ID=both) == 3
    assert found(CUSTOMER_AWS_ACCOUNT_ID=both, DIMENSION=["seats"]) == 2
    assert found(LICENSE_ARN=[second["licenseArn"]]) == 1
    assert found(LICENSE_ARN=[second["licenseArn"]], DIMENSION=["edition"]) == 0
    assert found(CUSTOMER_IDENTIFIER=[first["customerIdentifier"]]) == 2


def test_a_filter_of_dimensions_needs_one_of_customers(ask, market, product):
    """As recorded: a filter of DIMENSION alone is refused, and gives away nothing of others."""
    sold = buy(market, product, {"seats": 1})
    alone = refusal(ask.get_entitlements, ProductCode=product, Filter={"DIMENSION": ["seats"]})
    assert alone[0] == "InvalidParameterException"
    for customer in (
        {"CUSTOMER_AWS_ACCOUNT_ID": [sold["buyerAccountId"]]},
        {"LICENSE_ARN": [sold["licenseArn"]]},
        {"CUSTOMER_IDENTIFIER": [sold["customerIdentifier"]]},
    ):
        answer = ask.get_entitlements(
            ProductCode=product, Filter={"DIMENSION": ["seats"], **customer}
        )
        assert len(answer["Entitlements"]) == 1


def test_what_has_no_end_expires_in_the_year_9999(ask, market, product):
    """As events have it: the same end for every agreement without one."""
    buy(market, product, {"seats": 1})
    [entitlement] = ask.get_entitlements(ProductCode=product)["Entitlements"]
    assert entitlement["ExpirationDate"].timestamp() == 253370764800


@pytest.mark.parametrize(
    ("region", "offered"),
    [
        ("us-east-1", True),
        ("cn-northwest-1", True),
        ("eusc-de-east-1", True),
        ("eu-west-1", False),
        ("us-gov-west-1", False),
    ],
)
def test_it_is_offered_where_it_has_an_endpoint(market, product, region, offered):
    """Elsewhere it answers with an exception that its model has."""
    client = entitlements(market, region)
    if offered:
        assert client.get_entitlements(ProductCode=product).get("Entitlements", []) == []
        return
    refused = refusal(client.get_entitlements, ProductCode=product)
    assert refused[0] == "InvalidParameterException"


def test_pages_neither_repeat_nor_skip_while_agreements_come_and_go(ask, market, product):
    """A page's end is a place, not a count."""
    sales = [buy(market, product, {"seats": number}) for number in range(5)]
    code = product
    page = ask.get_entitlements(ProductCode=code, MaxResults=2)
    seen = [item["Value"]["IntegerValue"] for item in page["Entitlements"]]
    market.control.post(f"agreements/{sales[0]['agreementId']}/cancel", {})
    buy(market, product, {"seats": 5})
    while "NextToken" in page:
        page = ask.get_entitlements(ProductCode=code, MaxResults=2, NextToken=page["NextToken"])
        seen += [item["Value"]["IntegerValue"] for item in page["Entitlements"]]
    assert seen == [0, 1, 2, 3, 4, 5]


def test_what_ended_is_no_entitlement(ask, market, product):
    """Not even in the hour for final records."""
    sale = buy(market, product, {"seats": 5})
    market.control.post(f"agreements/{sale['agreementId']}/cancel", {})
    assert "Entitlements" not in ask.get_entitlements(ProductCode=product)


def test_bad_parameters_are_the_service_s_own_exception(ask, market, product):
    """Unknown products, both buyer keys and made-up tokens."""
    code = product
    both = {"CUSTOMER_IDENTIFIER": ["a"], "CUSTOMER_AWS_ACCOUNT_ID": ["b"]}
    for parameters in (
        {"ProductCode": "nothing"},
        {"ProductCode": code, "Filter": both},
        {"ProductCode": code, "NextToken": "invented"},
    ):
        with pytest.raises(ask.exceptions.InvalidParameterException):
            ask.get_entitlements(**parameters)


def test_broken_constraints_are_named(ask, market, product):
    """As the framework names those of every service."""
    code, text = refusal(
        ask.get_entitlements, ProductCode=product, MaxResults=26
    )
    assert code == "ValidationException"
    assert "Value '26' at 'maxResults'" in text
    code, text = refusal(
        ask.get_entitlements, ProductCode=product, Filter={"COLOUR": ["red"]}
    )
    assert code == "ValidationException"
    assert "CUSTOMER_IDENTIFIER, DIMENSION" in text


def test_a_forged_signature_is_refused_in_the_same_protocol(market, product, ask):
    """The error can be read by the client that sent the request."""
    ask._request_signer._credentials.secret_key = "wrong"
    with pytest.raises(ClientError) as caught:
        ask.get_entitlements(ProductCode=product)
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
