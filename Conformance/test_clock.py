"""Rules that time decides, on a server whose clock these tests set."""

from datetime import datetime, timedelta, timezone

import pytest

import messages
from clients import metering, raw, refusal
from market import Clock, empty_market, iso

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=timezone.utc)
MARCH_ENDS = datetime(2027, 4, 1, tzinfo=timezone.utc)


@pytest.fixture
def market(own_endpoint):
    """An empty marketplace in which it is noon, and time stands still."""
    return empty_market(own_endpoint, NOON)


@pytest.fixture
def clock(market):
    """The marketplace's clock."""
    return Clock(market.control)


class Shop:
    """A SaaS product with one buyer."""

    def __init__(self, market, **members):
        self.market = market
        self.product = market.product(**members)
        self.buyer = market.buyer()
        self.agreement = market.agreement(self.product, self.buyer)
        self.client = metering(market)

    def request(self, timestamp, quantity=1, licensed=False):
        """One record, by product code or by licence."""
        record = {
            "Timestamp": timestamp,
            "CustomerAWSAccountId": self.buyer["accountId"],
            "Dimension": "requests",
            "Quantity": quantity,
        }
        if licensed:
            record["LicenseArn"] = self.agreement["licenseArn"]
            return {"UsageRecords": [record]}
        return {"ProductCode": self.product, "UsageRecords": [record]}

    def status(self, timestamp, **options):
        """Reports one record and returns its status."""
        answer = self.client.batch_meter_usage(**self.request(timestamp, **options))
        return answer["Results"][0]["Status"]

    def refused(self, timestamp, **options):
        """Reports one record that fails the request."""
        return refusal(self.client.batch_meter_usage, **self.request(timestamp, **options))


@pytest.mark.parametrize(
    ("contract", "age", "accepted"),
    [
        ("2025-10", timedelta(hours=6), False),
        ("2025-10", timedelta(hours=6, seconds=-1), True),
        ("2026-02", timedelta(hours=6), False),
        ("2026-02", timedelta(hours=6, seconds=-1), True),
        ("2026-07", timedelta(hours=24), False),
        ("2026-07", timedelta(hours=24, seconds=-1), True),
        ("2026-10", timedelta(hours=24), False),
        ("2026-10", timedelta(hours=24, seconds=-1), True),
        ("2026-10", timedelta(minutes=-5), True),
        ("2026-10", timedelta(minutes=-5, seconds=-1), False),
    ],
    ids=str,
)
def test_the_edges_of_a_batchs_window(market, contract, age, accepted):
    """The limit itself is too old; five minutes ahead are taken."""
    shop = Shop(market, contract=contract)
    if accepted:
        assert shop.status(NOON - age) == "Success"
    else:
        assert shop.refused(NOON - age) == messages.TIMESTAMP_OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("age", "accepted"),
    [(timedelta(hours=1), True), (timedelta(hours=1, seconds=1), False)],
    ids=str,
)
def test_the_edges_of_the_oldest_window(market, age, accepted):
    """One hour, the limit included; the buyer is known by identifier."""
    shop = Shop(market, contract="2025-01")
    record = {
        "Timestamp": int((NOON - age).timestamp()),
        "CustomerIdentifier": shop.buyer["customerIdentifier"],
        "Dimension": "requests",
    }
    body = {"ProductCode": shop.product, "UsageRecords": [record]}
    answer = raw(market, "BatchMeterUsage", body)
    if accepted:
        assert answer.document["Results"][0]["Status"] == "Success"
    else:
        assert answer.error == messages.TIMESTAMP_OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("contract", "hours"), [("2025-01", 1), ("2025-10", 6), ("2026-02", 6), ("2026-10", 6)]
)
def test_the_edges_of_a_workloads_window(market, contract, hours):
    """The limit itself is accepted."""
    product, buyer = market.product("container", contract=contract), market.buyer()
    market.agreement(product, buyer)
    client = metering(market, market.workload("ecsTask", buyer))
    limit = NOON - timedelta(hours=hours)
    report = {"ProductCode": product, "UsageDimension": "requests"}
    assert client.meter_usage(**report, Timestamp=limit)["MeteringRecordId"]
    answer = refusal(client.meter_usage, **report, Timestamp=limit - timedelta(seconds=1))
    assert answer == messages.TIMESTAMP_OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("contract", "hour", "accepted"),
    [
        ("2026-10", timedelta(hours=5, minutes=59, seconds=59), True),
        ("2026-10", timedelta(hours=6), False),
        ("2026-07", timedelta(hours=6), False),
    ],
    ids=str,
)
def test_a_month_closes_at_six_on_the_first(market, clock, contract, hour, accepted):
    """Usage of the last evening is refused from then on, though it is less than a day old."""
    clock.freeze(MARCH_ENDS + hour)
    shop = Shop(market, contract=contract)
    evening = MARCH_ENDS - timedelta(minutes=30)
    if accepted:
        assert shop.status(evening) == "Success"
    else:
        assert shop.refused(evening) == messages.TIMESTAMP_OUT_OF_BOUNDS
    assert shop.status(MARCH_ENDS) == "Success"


def test_hours_begin_on_the_hour(market, clock):
    """The last second of an hour and the first of the next are two records."""
    shop = Shop(market)
    before = NOON - timedelta(seconds=1)
    assert shop.status(before, quantity=1) == "Success"
    assert shop.status(NOON, quantity=2) == "Success"
    clock.advance(minutes=59, seconds=59)
    late = NOON + timedelta(minutes=59, seconds=59)
    assert shop.status(late, quantity=3) == "DuplicateRecord"
    clock.advance(seconds=1)
    assert shop.status(late + timedelta(seconds=1), quantity=3) == "Success"


def test_a_workload_reports_again_in_the_next_hour(market, clock):
    """Until then another quantity is a duplicate."""
    product, buyer = market.product("ami"), market.buyer()
    market.agreement(product, buyer)
    client = metering(market, market.workload("ec2Instance", buyer))
    report = {"ProductCode": product, "UsageDimension": "requests"}
    client.meter_usage(**report, Timestamp=NOON, UsageQuantity=1)
    answer = refusal(client.meter_usage, **report, Timestamp=NOON, UsageQuantity=2)
    assert answer == messages.DUPLICATE_REQUEST
    clock.advance(hours=1)
    later = NOON + timedelta(hours=1)
    assert client.meter_usage(**report, Timestamp=later, UsageQuantity=2)["MeteringRecordId"]


def test_a_registration_token_lives_for_four_hours(market, clock):
    """Until then it can be resolved as often as one likes."""
    agreement = market.agreement(market.product(), market.buyer())
    token = market.token(agreement)["token"]
    resolve = metering(market).resolve_customer
    clock.advance(hours=3, minutes=59, seconds=59)
    assert resolve(RegistrationToken=token)["ProductCode"] == agreement["productCode"]
    clock.advance(seconds=1)
    assert refusal(resolve, RegistrationToken=token) == messages.EXPIRED_REGISTRATION_TOKEN


def test_a_registration_token_may_be_shorter_lived(market, clock):
    """For the test of a seller's slow page."""
    agreement = market.agreement(market.product(), market.buyer())
    token = market.token(agreement, expiresIn=60)["token"]
    clock.advance(seconds=60)
    answer = refusal(metering(market).resolve_customer, RegistrationToken=token)
    assert answer == messages.EXPIRED_REGISTRATION_TOKEN


@pytest.mark.parametrize("licensed", [False, True], ids=["by product code", "by licence"])
def test_a_cancelled_agreement_has_one_more_hour(market, clock, licensed):
    """Final usage is taken until an hour after the end, and not at its end."""
    shop = Shop(market)
    market.cancel(shop.agreement)
    clock.advance(minutes=59, seconds=59)
    before = NOON - timedelta(minutes=30)
    assert shop.status(before, licensed=licensed) == "Success"
    clock.advance(seconds=1)
    assert shop.status(before, licensed=licensed) == "CustomerNotSubscribed"


def test_usage_after_the_end_of_a_licence(market, clock):
    """Within the last hour it counts; later the licence is invalid for it."""
    shop = Shop(market)
    market.cancel(shop.agreement)
    clock.advance(minutes=30)
    after = NOON + timedelta(minutes=10)
    assert shop.status(after, licensed=True) == "Success"
    clock.advance(minutes=30)
    assert shop.refused(after, licensed=True) == messages.INVALID_LICENSE


def test_a_cancelled_workload_has_one_more_hour(market, clock):
    """MeterUsage ends with the agreement's last hour, and names no status."""
    product, buyer = market.product("container"), market.buyer()
    agreement = market.agreement(product, buyer)
    client = metering(market, market.workload("ecsTask", buyer))
    market.cancel(agreement)
    report = {"ProductCode": product, "UsageDimension": "requests", "Timestamp": NOON}
    clock.advance(minutes=59, seconds=59)
    assert client.meter_usage(**report)["MeteringRecordId"]
    clock.advance(seconds=1)
    assert refusal(client.meter_usage, **report) == messages.CUSTOMER_NOT_ENTITLED


def test_an_agreement_begins(market, clock):
    """The hour in which it starts counts whole."""
    shop = Shop(market)
    shop.product = market.product()
    start = NOON + timedelta(minutes=30)
    market.agreement(shop.product, shop.buyer, startsAt=iso(start))
    assert shop.status(NOON) == "CustomerNotSubscribed"
    clock.advance(minutes=30)
    assert shop.status(NOON) == "Success"
    assert shop.status(NOON - timedelta(seconds=1)) == "CustomerNotSubscribed"


def test_a_client_token_is_remembered_for_a_day(market, clock):
    """After that the same token is a new request."""
    product, buyer = market.product("agentCore"), market.buyer()
    market.agreement(product, buyer)
    client = metering(market, market.workload("agentCoreRuntime", buyer))
    report = {"ProductCode": product, "UsageDimension": "requests", "ClientToken": "token-1"}
    first = client.meter_usage(**report, Timestamp=NOON)["MeteringRecordId"]
    clock.advance(hours=23, minutes=59)
    later = NOON + timedelta(hours=23, minutes=59)
    answer = refusal(client.meter_usage, **report, Timestamp=later)
    assert answer == messages.IDEMPOTENCY_CONFLICT
    clock.advance(minutes=1)
    later += timedelta(minutes=1)
    second = client.meter_usage(**report, Timestamp=later)["MeteringRecordId"]
    assert first != second


def test_the_date_header_shows_the_real_time(market):
    """SDKs correct their own clock by it, which the marketplace's must not disturb."""
    answer = raw(market, "ResolveCustomer", {"RegistrationToken": "garbage"})
    shown = datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
    real = datetime.now(timezone.utc).replace(tzinfo=None)
    assert abs(shown - real) < timedelta(minutes=1)


def test_a_process_may_live_in_the_marketplaces_time(market):
    """Signatures of either clock are taken while they differ."""
    body = {"RegistrationToken": "garbage"}
    for moment in (datetime.now(timezone.utc), NOON):
        answer = raw(market, "ResolveCustomer", body, moment=moment)
        assert answer.error == messages.INVALID_REGISTRATION_TOKEN
    answer = raw(market, "ResolveCustomer", body, moment=NOON + timedelta(minutes=6))
    assert answer.error[0] == "InvalidSignatureException"


def test_credentials_do_not_age_with_the_marketplace(market, clock):
    """Temporary ones live on the real clock, or time travel would end every test."""
    credential = market.credential(temporary=True, expiresIn=3600)
    clock.advance(days=30)
    answer = refusal(metering(market, credential).resolve_customer, RegistrationToken="garbage")
    assert answer == messages.INVALID_REGISTRATION_TOKEN
