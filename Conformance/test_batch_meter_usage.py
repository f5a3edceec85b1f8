"""BatchMeterUsage: a seller reports what the buyers of a SaaS product used."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import messages
from clients import metering, refusal
from market import iso, product_code

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class Shop:
    """A SaaS product with one buyer, and the SDK client of its seller."""

    def __init__(self, market, **members):
        self.market = market
        self.product = market.product(**members)
        self.buyer = market.buyer()
        self.agreement = market.agreement(self.product, self.buyer)
        self.client = metering(market)
        self.now = market.now()

    def record(self, **members):
        """A usage record of the buyer; a member that is None is left out."""
        record = {
            "Timestamp": self.now,
            "CustomerAWSAccountId": self.buyer["accountId"],
            "Dimension": "requests",
            "Quantity": 3,
            **members,
        }
        return {name: value for name, value in record.items() if value is not None}

    def licensed(self, **members):
        """A usage record that names the agreement's licence."""
        return self.record(LicenseArn=self.agreement["licenseArn"], **members)

    def meter(self, *records, client=None):
        """Reports by product code."""
        client = self.client if client is None else client
        return client.batch_meter_usage(ProductCode=self.product, UsageRecords=list(records))

    def refused(self, *records, **parameters):
        """Reports by product code what must fail as a whole, and leave nothing behind."""
        request = {"ProductCode": self.product, "UsageRecords": list(records), **parameters}
        request = {name: value for name, value in request.items() if value is not None}
        answer = refusal(self.client.batch_meter_usage, **request)
        assert self.market.usage(self.product) == []
        return answer


@pytest.fixture
def shop(market):
    """A product with concurrent agreements."""
    return Shop(market)


def statuses(answer):
    """The statuses in the order of the results."""
    return [result["Status"] for result in answer["Results"]]


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


def allocation(quantity, **tags):
    """A part of a quantity; without tags it has no member for them."""
    part = {"AllocatedUsageQuantity": quantity}
    if tags:
        part["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return part


def test_a_quantity_can_be_split_by_tags(shop):
    """Allocations are echoed, recorded and may leave a part untagged."""
    parts = [allocation(1, team="a"), allocation(1, team="b", job="x"), allocation(1)]
    record = shop.record(Quantity=3, UsageAllocations=parts)
    (result,) = shop.meter(record)["Results"]
    assert (result["Status"], result["UsageRecord"]) == ("Success", record)
    (usage,) = shop.market.usage(shop.product)
    recorded = [(part["quantity"], part.get("tags", {})) for part in usage["allocations"]]
    assert recorded == [("1", {"team": "a"}), ("1", {"team": "b", "job": "x"}), ("1", {})]


def test_other_allocations_of_the_same_quantity_are_no_duplicate(shop):
    """Only the quantity is compared; the first allocations stand."""
    first = shop.meter(shop.record(UsageAllocations=[allocation(3, team="a")]))
    again = shop.meter(shop.record(UsageAllocations=[allocation(3, team="b")]))
    assert statuses(again) == ["Success"]
    assert again["Results"][0]["MeteringRecordId"] == first["Results"][0]["MeteringRecordId"]


@pytest.mark.parametrize(
    "parts",
    [
        [allocation(1, team="a"), allocation(1, team="b")],
        [allocation(3, team="a"), allocation(1, team="b")],
        [allocation(1, team="a", job="x"), allocation(2, job="x", team="a")],
        [allocation(1), allocation(2)],
    ],
    ids=["sum too small", "sum too great", "same tags twice", "two untagged parts"],
)
def test_allocations_must_add_up_and_differ(shop, parts):
    """Allocations that do not make up the quantity fail the request."""
    answer = shop.refused(shop.record(Quantity=3, UsageAllocations=parts))
    assert answer == messages.INVALID_USAGE_ALLOCATIONS


@pytest.mark.parametrize(
    "parts",
    [
        [
            {
                "AllocatedUsageQuantity": 3,
                "Tags": [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}],
            }
        ],
        [allocation(2, a="1", b="1", c="1"), allocation(1, d="1", e="1", f="1")],
    ],
    ids=["one key twice", "six keys in the record"],
)
def test_tags_must_be_few_and_different(shop, parts):
    """A key stands once in an allocation, and five keys at most in a record."""
    answer = shop.refused(shop.record(Quantity=3, UsageAllocations=parts))
    assert answer == messages.INVALID_TAG


RECORD = "usageRecords.1.member"
TAG_PATTERN = r"satisfy regular expression pattern: ^[a-zA-Z0-9+ -=._:\/@]+$"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Quantity": 2**31}, ("quantity", "have value less than or equal to 2147483647", 2**31)),
        (
            {"Dimension": "d" * 256},
            ("dimension", "have length less than or equal to 255", "d" * 256),
        ),
        (
            {"CustomerAWSAccountId": "12-34"},
            (
                "customerAWSAccountId",
                "satisfy regular expression pattern: ^[0-9]+$",
                "12-34",
            ),
        ),
        (
            {"UsageAllocations": [allocation(0)] * 2501},
            ("usageAllocations", "have length less than or equal to 2500", []),
        ),
        (
            {"UsageAllocations": [allocation(3, **{f"t{index}": "v" for index in range(6)})]},
            ("usageAllocations.1.member.tags", "have length less than or equal to 5", []),
        ),
        (
            {"UsageAllocations": [allocation(3, **{"täg": "v"})]},
            ("usageAllocations.1.member.tags.1.member.key", TAG_PATTERN, "täg"),
        ),
        (
            {"UsageAllocations": [allocation(3, tag="v" * 257)]},
            (
                "usageAllocations.1.member.tags.1.member.value",
                "have length less than or equal to 256",
                "v" * 257,
            ),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value[0],
)
def test_a_value_that_breaks_the_model_is_invalid(shop, members, expected):
    """What the SDK lets pass is refused with the framework's text."""
    path, constraint, value = expected
    answer = shop.refused(shop.record(**members))
    assert answer == messages.invalid(
        messages.violation(f"{RECORD}.{path}", constraint, value)
    )


def test_26_records_are_too_many(shop):
    """A request holds 25 records."""
    answer = shop.refused(*[shop.record()] * 26)
    assert answer == messages.invalid(
        messages.violation("usageRecords", "have length less than or equal to 25", [])
    )


def test_several_violations_are_told_at_once(shop):
    """The framework counts them and joins their texts."""
    answer = shop.refused(shop.record(Dimension="d" * 256), shop.record(Quantity=2**31))
    assert answer == messages.invalid(
        messages.violation(
            f"{RECORD}.dimension", "have length less than or equal to 255", "d" * 256
        ),
        messages.violation(
            "usageRecords.2.member.quantity",
            "have value less than or equal to 2147483647",
            2**31,
        ),
    )


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


@pytest.mark.october_2026
class TestDecimals:
    """Decimal quantities of October 2026."""

    def test_a_decimal_is_echoed_as_it_was_spelled(self, shop):
        """The answer holds the member and the spelling that were sent."""
        record = shop.record(Quantity=None, QuantityAsDecimal="17.40")
        (result,) = shop.meter(record)["Results"]
        assert (result["Status"], result["UsageRecord"]) == ("Success", record)
        assert shop.market.usage(shop.product)[0]["quantity"] == "17.4"

    @pytest.mark.parametrize("second", ["17", "17.0", "17.000000"])
    def test_quantities_compare_by_value(self, shop, second):
        """Seventeen is seventeen, whichever member carried it."""
        shop.meter(shop.record(Quantity=17))
        again = shop.record(Quantity=None, QuantityAsDecimal=second)
        assert statuses(shop.meter(again)) == ["Success"]

    def test_the_smallest_difference_is_a_duplicate(self, shop):
        """A millionth more is another quantity."""
        shop.meter(shop.record(Quantity=17))
        other = shop.record(Quantity=None, QuantityAsDecimal="17.000001")
        assert statuses(shop.meter(other)) == ["DuplicateRecord"]

    def test_both_forms_in_one_record_are_invalid(self, shop):
        """The two members exclude each other."""
        code, _ = shop.refused(shop.record(Quantity=1, QuantityAsDecimal="1"))
        assert code == "ValidationException"

    @pytest.mark.parametrize("text", ["1e3", "-1", "01", ".5", "1.1234567", "12345678901"])
    def test_a_decimal_has_a_pattern(self, shop, text):
        """Ten digits, a point, six digits."""
        record = shop.record(Quantity=None, QuantityAsDecimal=text)
        assert shop.refused(record) == messages.invalid(
            messages.violation(
                f"{RECORD}.quantityAsDecimal",
                r"satisfy regular expression pattern: ^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$",
                text,
            )
        )

    def test_allocations_speak_in_the_form_of_the_quantity(self, shop):
        """Decimals add up exactly; a whole number among them is refused."""
        parts = [
            {"AllocatedUsageQuantityAsDecimal": "0.1", "Tags": [{"Key": "t", "Value": "a"}]},
            {"AllocatedUsageQuantityAsDecimal": "0.2"},
        ]
        record = shop.record(Quantity=None, QuantityAsDecimal="0.3", UsageAllocations=parts)
        wrong = {**record, "UsageAllocations": [allocation(0), *parts]}
        assert shop.refused(wrong) == messages.INVALID_USAGE_ALLOCATIONS
        assert statuses(shop.meter(record)) == ["Success"]
