"""The values of a usage record: allocations, tags, the model's constraints, decimals."""

import pytest

import messages
from shop import Shop, statuses


@pytest.fixture
def shop(market):
    """A product with concurrent agreements."""
    return Shop(market)


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
