"""MeterUsage: software that runs in the buyer's account reports its own usage."""

import re
from datetime import timedelta

import pytest

import messages
from clients import metering, raw, refusal
from market import iso, product_code

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

PLATFORMS = [
    ("ec2Instance", "ami"),
    ("ecsTask", "container"),
    ("eksPod", "container"),
    ("agentCoreRuntime", "agentCore"),
]


class Site:
    """A product, its buyer, and a workload of the buyer that meters it."""

    def __init__(self, market, kind="ecsTask", product_type="container"):
        self.market = market
        self.kind = kind
        self.product = market.product(product_type)
        self.buyer = market.buyer()
        self.agreement = market.agreement(self.product, self.buyer)
        self.credential = market.workload(kind, self.buyer)
        self.client = metering(market, self.credential)
        self.now = market.now()

    def request(self, **members):
        """The parameters of a report; a member that is None is left out."""
        request = {
            "ProductCode": self.product,
            "Timestamp": self.now,
            "UsageDimension": "requests",
            "UsageQuantity": 3,
            **members,
        }
        return {name: value for name, value in request.items() if value is not None}

    def meter(self, **members):
        """Reports usage and returns the record's id."""
        return self.client.meter_usage(**self.request(**members))["MeteringRecordId"]

    def refused(self, client=None, **members):
        """Reports usage that must be refused."""
        client = self.client if client is None else client
        return refusal(client.meter_usage, **self.request(**members))

    def quantities(self):
        """What is recorded."""
        return sorted(usage["quantity"] for usage in self.market.usage(self.product))


@pytest.fixture
def site(market):
    """A task that meters a container product."""
    return Site(market)


@pytest.fixture
def agent(market):
    """An AgentCore runtime that meters its product."""
    return Site(market, "agentCoreRuntime", "agentCore")


@pytest.mark.parametrize(("kind", "product_type"), PLATFORMS)
def test_each_platform_meters_its_type_of_product(market, kind, product_type):
    """Usage is recorded for the resource that the credentials stand for."""
    site = Site(market, kind, product_type)
    record_id = site.meter(UsageQuantity=17)
    assert UUID.match(record_id)
    (usage,) = market.usage(site.product)
    assert usage["meteringRecordId"] == record_id
    assert (usage["operation"], usage["quantity"]) == ("MeterUsage", "17")
    assert usage["buyerAccountId"] == site.buyer["accountId"]
    assert usage["resourceId"] == site.credential["principal"]["resourceId"]


def test_the_same_report_again_has_the_same_id(site):
    """A retry is recorded once, although the SDK sends a new token with it."""
    assert site.meter() == site.meter()
    assert site.quantities() == ["3"]


def test_another_quantity_in_the_same_hour_is_a_duplicate(site):
    """The first quantity of an hour stands."""
    site.meter(UsageQuantity=3)
    assert site.refused(UsageQuantity=4) == messages.DUPLICATE_REQUEST
    assert site.quantities() == ["3"]


@pytest.mark.parametrize("first", [0, None])
def test_no_usage_is_usage_too(site, first):
    """Zero, also by omission, takes the hour."""
    site.meter(UsageQuantity=first)
    assert site.refused(UsageQuantity=1) == messages.DUPLICATE_REQUEST


@pytest.mark.parametrize("member", ["dimension", "hour"])
def test_each_dimension_and_hour_has_a_report_of_its_own(site, member):
    """Only the same dimension and hour meet."""
    other = {
        "dimension": {"UsageDimension": "storage"},
        "hour": {"Timestamp": site.now - timedelta(hours=1)},
    }[member]
    assert site.meter(UsageQuantity=1) != site.meter(UsageQuantity=2, **other)
    assert site.quantities() == ["1", "2"]


def test_each_resource_has_reports_of_its_own(site):
    """Two tasks of one buyer report the same hour."""
    second = metering(site.market, site.market.workload("ecsTask", site.buyer))
    site.meter(UsageQuantity=1)
    second.meter_usage(**site.request(UsageQuantity=2))
    assert site.quantities() == ["1", "2"]


def test_new_keys_do_not_make_a_new_resource(site):
    """Credentials are renewed while a task runs."""
    resource = site.credential["principal"]["resourceId"]
    renewed = site.market.workload("ecsTask", site.buyer, resource=resource)
    site.meter(UsageQuantity=1)
    client = metering(site.market, renewed)
    assert site.refused(client, UsageQuantity=2) == messages.DUPLICATE_REQUEST


def test_a_dry_run_records_nothing(site):
    """It answers DryRunOperation and leaves the hour free."""
    assert site.meter(DryRun=True, UsageQuantity=1) == "DryRunOperation"
    assert site.quantities() == []
    assert UUID.match(site.meter(UsageQuantity=2))


def test_a_dry_run_is_refused_like_the_real_one(site):
    """A dry run finds the mistakes that the real call would meet."""
    answer = site.refused(DryRun=True, UsageDimension="unknown")
    assert answer == messages.INVALID_USAGE_DIMENSION


def test_a_client_token_gives_the_first_answer_again(agent):
    """The same token with the same parameters is one report."""
    first = agent.meter(ClientToken="token-1")
    assert agent.meter(ClientToken="token-1") == first
    assert agent.quantities() == ["3"]


@pytest.mark.parametrize(
    "member",
    [
        {"UsageQuantity": 4},
        {"UsageDimension": "storage"},
        {"Timestamp": timedelta(minutes=1)},
    ],
    ids=lambda member: next(iter(member)),
)
@pytest.mark.parametrize("kind", ["ecsTask", "agentCoreRuntime"])
def test_a_client_token_is_for_one_request(market, kind, member):
    """The same token with other parameters is a conflict."""
    site = Site(market, kind, dict(PLATFORMS)[kind])
    if "Timestamp" in member:
        member = {"Timestamp": site.now - member["Timestamp"]}
    site.meter(ClientToken="token-1")
    assert site.refused(ClientToken="token-1", **member) == messages.IDEMPOTENCY_CONFLICT
    assert site.quantities() == ["3"]


def test_a_client_token_belongs_to_a_resource(site):
    """Another task may use the same token, or its usage would be lost."""
    second = metering(site.market, site.market.workload("ecsTask", site.buyer))
    site.meter(ClientToken="token-1", UsageQuantity=1)
    second.meter_usage(**site.request(ClientToken="token-1", UsageQuantity=2))
    assert site.quantities() == ["1", "2"]


def test_agentcore_reports_add_up(agent):
    """Each token counts, also with the same timestamp; the SDK makes a token for each call."""
    ids = {agent.meter(UsageQuantity=quantity) for quantity in (1, 1, 2)}
    assert len(ids) == 3
    (total,) = agent.market.totals(agent.product, "dimension,hour")
    assert (total["quantity"], total["records"]) == ("4", 3)


def test_agentcore_needs_a_client_token(agent):
    """An SDK that is too old to make one is told what is missing."""
    body = agent.request(Timestamp=int(agent.now.timestamp()))
    answer = raw(agent.market, "MeterUsage", body, agent.credential)
    expected = messages.invalid(messages.violation("clientToken", "not be null"))
    assert (answer.status, answer.error) == (400, expected)


def test_agentcore_takes_no_allocations(agent):
    """Vendor-metered tagging is for instances, tasks and pods."""
    answer = agent.refused(UsageAllocations=[{"AllocatedUsageQuantity": 3}])
    assert answer == messages.INVALID_USAGE_ALLOCATIONS


def test_a_quantity_can_be_split_by_tags(site):
    """Allocations are recorded with the quantity."""
    parts = [
        {"AllocatedUsageQuantity": 1, "Tags": [{"Key": "team", "Value": "a"}]},
        {"AllocatedUsageQuantity": 2},
    ]
    site.meter(UsageAllocations=parts)
    (usage,) = site.market.usage(site.product)
    assert [part["quantity"] for part in usage["allocations"]] == ["1", "2"]


def test_the_endpoint_must_be_the_resources_region(site):
    """A task meters in the region that it runs in."""
    client = metering(site.market, site.credential, region="eu-west-1")
    assert site.refused(client) == messages.INVALID_ENDPOINT_REGION


@pytest.mark.parametrize(
    ("kind", "product_type", "region"),
    [
        ("ec2Instance", "ami", "cn-northwest-1"),
        ("ecsTask", "container", "me-south-1"),
        ("eksPod", "container", "us-gov-west-1"),
        ("agentCoreRuntime", "agentCore", "us-west-2"),
    ],
)
def test_a_region_without_the_operation_says_so(market, kind, product_type, region):
    """Where MeterUsage is offered depends on the platform."""
    site = Site(market, kind, product_type)
    client = metering(market, market.workload(kind, site.buyer, region), region)
    assert site.refused(client) == messages.DISABLED_API


@pytest.mark.parametrize(
    ("kind", "product_type", "region"),
    [
        ("ec2Instance", "ami", "us-gov-east-1"),
        ("ec2Instance", "ami", "me-south-1"),
        ("eksPod", "container", "sa-east-1"),
    ],
)
def test_the_regions_that_offer_the_operation(market, kind, product_type, region):
    """Instances are served in more regions than containers."""
    site = Site(market, kind, product_type)
    client = metering(market, market.workload(kind, site.buyer, region), region)
    assert UUID.match(client.meter_usage(**site.request())["MeteringRecordId"])


def test_an_unknown_product_code_is_invalid(site):
    """The code must be one of the marketplace."""
    assert site.refused(ProductCode=product_code()) == messages.INVALID_PRODUCT_CODE


def test_a_saas_product_is_not_metered_here(site):
    """BatchMeterUsage meters SaaS products."""
    product = site.market.product("saas")
    assert site.refused(ProductCode=product) == messages.INVALID_PRODUCT_CODE


@pytest.mark.parametrize("dimension", ["unknown", "Requests"])
def test_a_dimension_must_be_one_of_the_product(site, dimension):
    """Dimensions compare byte by byte."""
    assert site.refused(UsageDimension=dimension) == messages.INVALID_USAGE_DIMENSION


@pytest.mark.parametrize("age", [timedelta(hours=7), timedelta(minutes=-10)], ids=str)
def test_a_timestamp_outside_the_window_is_refused(site, age):
    """Six hours back, a few minutes ahead."""
    answer = site.refused(Timestamp=site.now - age)
    assert answer == messages.TIMESTAMP_OUT_OF_BOUNDS


def test_allocations_must_add_up(site):
    """Allocations that do not make up the quantity are refused."""
    answer = site.refused(UsageAllocations=[{"AllocatedUsageQuantity": 2}])
    assert answer == messages.INVALID_USAGE_ALLOCATIONS


def test_a_tag_key_stands_once_in_an_allocation(site):
    """The same key with two values is refused."""
    tags = [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    answer = site.refused(UsageAllocations=[{"AllocatedUsageQuantity": 3, "Tags": tags}])
    assert answer == messages.INVALID_TAG


def stranger(site):
    """A task of an account that never bought the product."""
    return site.market.workload("ecsTask", site.market.buyer())


def suspended(site):
    """A task of an account that was suspended."""
    site.market.suspend(site.buyer)
    return site.credential


def former_buyer(site):
    """A task of an account whose agreement ended three hours ago."""
    buyer = site.market.buyer()
    end = iso(site.now - timedelta(hours=3))
    site.market.agreement(site.product, buyer, endsAt=end)
    return site.market.workload("ecsTask", buyer)


def future_buyer(site):
    """A task of an account whose agreement starts in a week."""
    buyer = site.market.buyer()
    start = iso(site.now + timedelta(days=7))
    site.market.agreement(site.product, buyer, startsAt=start)
    return site.market.workload("ecsTask", buyer)


def instance(site):
    """An EC2 instance, which meters no container product."""
    return site.market.workload("ec2Instance", site.buyer)


def account_key(site):
    """The buyer's own long-term key, which stands for no resource."""
    return site.market.credential(site.buyer)


@pytest.mark.parametrize(
    "credential", [stranger, suspended, former_buyer, future_buyer, instance, account_key]
)
def test_only_an_entitled_workload_may_meter(site, credential):
    """No current agreement, or no workload of the product's platform."""
    client = metering(site.market, credential(site))
    assert site.refused(client) == messages.CUSTOMER_NOT_ENTITLED
    assert site.quantities() == []


def test_usage_before_the_agreement_is_not_entitled(site):
    """Usage counts from the hour in which the agreement starts."""
    buyer = site.market.buyer()
    site.market.agreement(site.product, buyer, startsAt=iso(site.now - timedelta(hours=1)))
    client = metering(site.market, site.market.workload("ecsTask", buyer))
    early = site.now - timedelta(hours=3)
    assert site.refused(client, Timestamp=early) == messages.CUSTOMER_NOT_ENTITLED


def test_a_cancelled_agreement_takes_final_reports(site):
    """For one hour after its end an agreement accepts what was used before."""
    site.market.cancel(site.agreement)
    assert UUID.match(site.meter())


def test_a_policy_must_allow_the_operation(site):
    """The refusal names the role and the resource that asked."""
    credential = site.market.workload("ecsTask", site.buyer, allow=["RegisterUsage"])
    answer = site.refused(metering(site.market, credential))
    assert answer == messages.access_denied(credential, "MeterUsage")
    assert credential["arn"].startswith(f"arn:aws:sts::{site.buyer['accountId']}:assumed-role/")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"UsageQuantity": 2**31},
            ("usageQuantity", "have value less than or equal to 2147483647", 2**31),
        ),
        (
            {"ProductCode": "no such code"},
            (
                "productCode",
                "satisfy regular expression pattern: ^[-a-zA-Z0-9/=:_.@]*$",
                "no such code",
            ),
        ),
        (
            {"UsageDimension": "d" * 256},
            ("usageDimension", "have length less than or equal to 255", "d" * 256),
        ),
        (
            {"ClientToken": "t" * 65},
            ("clientToken", "have length less than or equal to 64", "t" * 65),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value[0],
)
def test_a_value_that_breaks_the_model_is_invalid(site, members, expected):
    """What the SDK lets pass is refused with the framework's text."""
    assert site.refused(**members) == messages.invalid(messages.violation(*expected))


@pytest.mark.october_2026
class TestDecimals:
    """Decimal quantities of October 2026."""

    def test_a_decimal_is_recorded_exactly(self, site):
        """No floating point touches it."""
        site.meter(UsageQuantity=None, UsageQuantityAsDecimal="0.1")
        assert site.quantities() == ["0.1"]

    @pytest.mark.parametrize(("text", "same"), [("17.00", True), ("17.01", False)])
    def test_quantities_compare_by_value(self, site, text, same):
        """Seventeen is seventeen, whichever member carried it."""
        first = site.meter(UsageQuantity=17)
        again = {"UsageQuantity": None, "UsageQuantityAsDecimal": text}
        if same:
            assert site.meter(**again) == first
        else:
            assert site.refused(**again) == messages.DUPLICATE_REQUEST

    def test_both_forms_in_one_report_are_invalid(self, site):
        """The two members exclude each other."""
        code, _ = site.refused(UsageQuantity=1, UsageQuantityAsDecimal="1")
        assert code == "ValidationException"
