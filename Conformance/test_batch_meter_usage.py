"""BatchMeterUsage: a seller reports what the buyers of a SaaS product used."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import messages
from clients import metering, refusal
from market import iso, product_code
from shop import Shop, statuses

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


@pytest.fixture
def shop(market):
    """A product with concurrent agreements."""
    return Shop(market)


def test_a_record_is_recorded_and_echoed(shop):
    """The answer holds the record as it was sent, its status and an id."""
    record = shop.record(Quantity=17)
    answer = shop.meter(record)
    (result,) = answer["Results"]
    assert result["Status"] == "Success"
    assert result["UsageRecord"] == record
    assert UUID.match(result["MeteringRecordId"])
    assert answer["UnprocessedRecords"] == []
    (usage,) = shop.market.usage(shop.product)
    assert usage["meteringRecordId"] == result["MeteringRecordId"]
    assert usage["quantity"] == "17"
    assert usage["buyerAccountId"] == shop.buyer["accountId"]


def test_a_record_by_licence_needs_no_product_code(shop):
    """Concurrent agreements are addressed by licence and account."""
    record = shop.licensed()
    answer = shop.client.batch_meter_usage(UsageRecords=[record])
    assert statuses(answer) == ["Success"]
    assert answer["Results"][0]["UsageRecord"] == record
    (usage,) = shop.market.usage(shop.product)
    assert usage["licenseArn"] == shop.agreement["licenseArn"]


def test_a_record_by_customer_identifier(market):
    """Products of the older integration know their buyers by CustomerIdentifier."""
    shop = Shop(market, integration="customerIdentifier")
    record = shop.record(
        CustomerAWSAccountId=None, CustomerIdentifier=shop.buyer["customerIdentifier"]
    )
    answer = shop.meter(record)
    assert statuses(answer) == ["Success"]
    assert answer["Results"][0]["UsageRecord"] == record


def test_the_buyers_two_names_are_one_buyer(market):
    """The identifier and the account of one buyer share one hour."""
    shop = Shop(market, integration="customerIdentifier")
    named = shop.record(
        CustomerAWSAccountId=None, CustomerIdentifier=shop.buyer["customerIdentifier"], Quantity=4
    )
    assert statuses(shop.meter(named, shop.record())) == ["Success", "DuplicateRecord"]


@pytest.mark.parametrize("count", [0, 1, 25])
def test_up_to_25_records_come_back_in_order(shop, count):
    """Results stand in the order of the request; no records give empty lists."""
    product = shop.market.product(dimensions=[f"d{index}" for index in range(25)])
    shop.market.agreement(product, shop.buyer)
    records = [shop.record(Dimension=f"d{index}", Quantity=index) for index in range(count)]
    answer = shop.client.batch_meter_usage(ProductCode=product, UsageRecords=records)
    assert [result["UsageRecord"] for result in answer["Results"]] == records
    assert statuses(answer) == ["Success"] * count
    assert answer["UnprocessedRecords"] == []


def test_the_same_record_again_has_the_same_id(shop):
    """Identical requests can be retried, also in part."""
    first = shop.meter(shop.record(), shop.record(Dimension="storage"))
    again = shop.meter(shop.record(Dimension="storage"))
    assert statuses(again) == ["Success"]
    assert again["Results"][0]["MeteringRecordId"] == first["Results"][1]["MeteringRecordId"]
    assert len(shop.market.usage(shop.product)) == 2


def test_another_quantity_in_the_same_hour_is_a_duplicate(shop):
    """The first quantity of an hour stands, and the second has no id."""
    shop.meter(shop.record(Quantity=3))
    (result,) = shop.meter(shop.record(Quantity=4))["Results"]
    assert result["Status"] == "DuplicateRecord"
    assert "MeteringRecordId" not in result
    assert [usage["quantity"] for usage in shop.market.usage(shop.product)] == ["3"]


@pytest.mark.parametrize("first", [0, None])
def test_no_usage_is_usage_too(shop, first):
    """Zero, also by omission, takes the hour; what was not sent is not echoed."""
    record = shop.record(Quantity=first)
    (result,) = shop.meter(record)["Results"]
    assert (result["Status"], result["UsageRecord"]) == ("Success", record)
    assert statuses(shop.meter(shop.record(Quantity=1))) == ["DuplicateRecord"]


def test_records_of_one_request_are_taken_in_order(shop):
    """The first record of a key wins within a request as it does between requests."""
    records = [shop.record(Quantity=quantity) for quantity in (5, 5, 6)]
    answer = shop.meter(*records)
    assert statuses(answer) == ["Success", "Success", "DuplicateRecord"]
    first, second, _ = answer["Results"]
    assert first["MeteringRecordId"] == second["MeteringRecordId"]


def test_one_of_many_at_once_is_first(shop):
    """However many callers report the same hour, one quantity is billed."""
    with ThreadPoolExecutor(8) as callers:
        answers = callers.map(lambda n: shop.meter(shop.record(Quantity=n // 4)), range(32))
        results = [answer["Results"][0] for answer in answers]
    successes = [result for result in results if result["Status"] == "Success"]
    assert len(successes) == 4
    assert len({result["MeteringRecordId"] for result in successes}) == 1
    (usage,) = shop.market.usage(shop.product)
    assert usage["quantity"] == str(successes[0]["UsageRecord"]["Quantity"])


def test_each_dimension_hour_and_buyer_has_records_of_its_own(shop):
    """Only the same buyer, dimension and hour meet."""
    other = shop.market.buyer()
    shop.market.agreement(shop.product, other)
    answer = shop.meter(
        shop.record(Quantity=1),
        shop.record(Quantity=2, Dimension="storage"),
        shop.record(Quantity=3, Timestamp=shop.now - timedelta(hours=1)),
        shop.record(Quantity=4, CustomerAWSAccountId=other["accountId"]),
    )
    assert statuses(answer) == ["Success"] * 4
    assert len({result["MeteringRecordId"] for result in answer["Results"]}) == 4


def test_each_region_has_records_of_its_own(shop):
    """The endpoint is regional, and so is the search for duplicates."""
    ireland = metering(shop.market, region="eu-west-1")
    assert statuses(shop.meter(shop.record(Quantity=1))) == ["Success"]
    assert statuses(shop.meter(shop.record(Quantity=2), client=ireland)) == ["Success"]
    usage = shop.market.usage(shop.product)
    assert {item["region"] for item in usage} == {"us-east-1", "eu-west-1"}


def test_product_code_and_licence_bill_twice(shop):
    """The two ways to address a buyer do not see each other's records."""
    assert statuses(shop.meter(shop.record())) == ["Success"]
    answer = shop.client.batch_meter_usage(UsageRecords=[shop.licensed()])
    assert statuses(answer) == ["Success"]
    (total,) = shop.market.totals(shop.product, "productCode")
    assert (total["quantity"], total["records"]) == ("6", 2)


def test_an_unsubscribed_buyer_does_not_stop_the_others(shop):
    """The status is the record's own; the others of the request are recorded."""
    strangers = [shop.market.buyer()["accountId"], "999999999999", "1"]
    unknown = [shop.record(CustomerAWSAccountId=account) for account in strangers]
    answer = shop.meter(unknown[0], shop.record(), *unknown[1:])
    expected = ["CustomerNotSubscribed", "Success", "CustomerNotSubscribed"]
    assert statuses(answer) == [*expected, "CustomerNotSubscribed"]
    assert "MeteringRecordId" not in answer["Results"][0]
    assert answer["Results"][0]["UsageRecord"] == unknown[0]
    assert len(shop.market.usage(shop.product)) == 1


def test_a_suspended_buyer_is_not_subscribed(shop):
    """Suspension belongs to the account, whatever its agreements."""
    shop.market.suspend(shop.buyer)
    assert statuses(shop.meter(shop.record())) == ["CustomerNotSubscribed"]


def test_an_identifier_without_agreement_is_not_subscribed(market):
    """An identifier that exists is no error, even when its buyer never bought this product."""
    shop = Shop(market, integration="customerIdentifier")
    stranger = market.buyer()["customerIdentifier"]
    record = shop.record(CustomerAWSAccountId=None, CustomerIdentifier=stranger)
    assert statuses(shop.meter(record)) == ["CustomerNotSubscribed"]


def test_a_cancelled_agreement_takes_final_records(shop):
    """For one hour after its end an agreement accepts what was used before."""
    shop.market.cancel(shop.agreement)
    assert statuses(shop.meter(shop.record())) == ["Success"]


def ended(shop):
    """An agreement that ended three hours ago, with a product of its own."""
    shop.product = shop.market.product()
    end = iso(shop.now - timedelta(hours=3))
    shop.agreement = shop.market.agreement(shop.product, shop.buyer, endsAt=end)


def pending(shop):
    """An agreement that starts in a week, with a product of its own."""
    shop.product = shop.market.product()
    start = iso(shop.now + timedelta(days=7))
    shop.agreement = shop.market.agreement(shop.product, shop.buyer, startsAt=start)


@pytest.mark.parametrize("state", [ended, pending])
def test_a_product_code_without_current_agreement_is_not_subscribed(shop, state):
    """Before the start and an hour after the end nobody pays."""
    state(shop)
    assert statuses(shop.meter(shop.record())) == ["CustomerNotSubscribed"]


def test_an_ended_licence_refuses_usage_from_before_its_end(shop):
    """Inside the activation period, but too late: the record is not subscribed."""
    ended(shop)
    record = shop.licensed(Timestamp=shop.now - timedelta(hours=4))
    answer = shop.client.batch_meter_usage(UsageRecords=[record])
    assert statuses(answer) == ["CustomerNotSubscribed"]


@pytest.mark.parametrize("state", [ended, pending])
def test_usage_outside_the_activation_period_is_an_invalid_licence(shop, state):
    """A timestamp after the end or before the start fails the request."""
    state(shop)
    answer = shop.refused(shop.licensed(), ProductCode=None)
    assert answer == messages.INVALID_LICENSE


def licence_of_nobody(shop):
    """A well-formed licence that does not exist."""
    return "arn:aws:license-manager::123456789012:license:l-0123456789abcdef0123456789abcdef"


def licence_of_another_buyer(shop):
    """A licence for the product, of another buyer."""
    return shop.market.agreement(shop.product, shop.market.buyer())["licenseArn"]


def licence_of_another_seller(shop):
    """A licence of the buyer for the product of another seller."""
    seller = shop.market.account("seller")["accountId"]
    product = shop.market.product(sellerAccountId=seller)
    return shop.market.agreement(product, shop.buyer)["licenseArn"]


@pytest.mark.parametrize(
    "licence", [licence_of_nobody, licence_of_another_buyer, licence_of_another_seller]
)
def test_a_licence_must_be_the_buyers_and_the_sellers(shop, licence):
    """A licence that does not fit fails the request."""
    record = shop.record(LicenseArn=licence(shop))
    assert shop.refused(record, ProductCode=None) == messages.INVALID_LICENSE


def test_a_request_is_for_one_product(shop):
    """Licences of two products in one request are refused."""
    other = shop.market.agreement(shop.market.product(), shop.buyer)
    second = shop.record(LicenseArn=other["licenseArn"])
    answer = shop.refused(shop.licensed(), second, ProductCode=None)
    assert answer == messages.INVALID_LICENSE


@pytest.mark.parametrize(
    ("by_code", "by_licence"), [(True, True), (False, False)], ids=["both", "neither"]
)
def test_a_request_names_a_product_code_or_licences(shop, by_code, by_licence):
    """ProductCode and LicenseArn exclude each other, and one of them is needed."""
    record = shop.licensed() if by_licence else shop.record()
    answer = shop.refused(record, ProductCode=shop.product if by_code else None)
    assert answer == messages.INVALID_PRODUCT_CODE


@pytest.mark.parametrize("both", [True, False], ids=["both", "neither"])
def test_a_record_names_its_buyer_once(shop, both):
    """CustomerIdentifier and CustomerAWSAccountId exclude each other, and one is needed."""
    identifier = shop.buyer["customerIdentifier"]
    members = {"CustomerIdentifier": identifier} if both else {"CustomerAWSAccountId": None}
    assert shop.refused(shop.record(**members)) == messages.INVALID_CUSTOMER_IDENTIFIER


def test_an_unknown_customer_identifier_fails_the_request(market):
    """No buyer of the marketplace has it, so it is no matter of one record."""
    shop = Shop(market, integration="customerIdentifier")
    unknown = shop.record(CustomerAWSAccountId=None, CustomerIdentifier="nobody")
    assert shop.refused(shop.record(), unknown) == messages.INVALID_CUSTOMER_IDENTIFIER


def product_of_nobody(market):
    """A code that no product has."""
    return product_code()


def product_of_another_seller(market):
    """A SaaS product that another account published."""
    return market.product(sellerAccountId=market.account("seller")["accountId"])


def product_of_another_type(market):
    """A product that MeterUsage meters."""
    return market.product("ami")


@pytest.mark.parametrize(
    "product", [product_of_nobody, product_of_another_seller, product_of_another_type]
)
def test_the_product_must_be_the_sellers_and_saas(shop, product):
    """Another product code fails the request."""
    answer = shop.refused(shop.record(), ProductCode=product(shop.market))
    assert answer == messages.INVALID_PRODUCT_CODE


def test_a_buyer_may_not_meter(shop):
    """Only the account that published the product may."""
    client = metering(shop.market, shop.market.credential(shop.buyer))
    answer = refusal(
        client.batch_meter_usage, ProductCode=shop.product, UsageRecords=[shop.record()]
    )
    assert answer == messages.INVALID_PRODUCT_CODE


@pytest.mark.parametrize("dimension", ["unknown", "Requests", "seats"])
def test_a_dimension_must_be_a_metered_one_of_the_product(market, dimension):
    """An unknown, misspelled or bought-in-advance dimension fails the whole request."""
    seats = {"name": "seats", "type": "entitled"}
    shop = Shop(market, dimensions=["requests", seats])
    answer = shop.refused(shop.record(), shop.record(Dimension=dimension))
    assert answer == messages.INVALID_USAGE_DIMENSION


@pytest.mark.parametrize(
    "age", [timedelta(hours=25), timedelta(days=400), timedelta(minutes=-10)], ids=str
)
def test_a_timestamp_outside_the_window_fails_the_request(shop, age):
    """One record that is too old, or ahead, stops the batch."""
    answer = shop.refused(shop.record(), shop.record(Timestamp=shop.now - age))
    assert answer == messages.TIMESTAMP_OUT_OF_BOUNDS


def test_a_clock_may_be_a_little_ahead(shop):
    """Less than five minutes are taken for the skew of clocks."""
    record = shop.record(Timestamp=shop.now + timedelta(minutes=4))
    assert statuses(shop.meter(record)) == ["Success"]


def test_a_region_without_the_operation_says_so(shop):
    """BatchMeterUsage is not offered everywhere."""
    client = metering(shop.market, region="us-gov-west-1")
    answer = refusal(
        client.batch_meter_usage, ProductCode=shop.product, UsageRecords=[shop.record()]
    )
    assert answer == messages.DISABLED_API


def test_a_policy_must_allow_the_operation(shop):
    """The refusal names who asked and what."""
    credential = shop.market.credential(allow=["ResolveCustomer"])
    client = metering(shop.market, credential)
    answer = refusal(
        client.batch_meter_usage, ProductCode=shop.product, UsageRecords=[shop.record()]
    )
    assert answer == messages.access_denied(credential, "BatchMeterUsage")
