"""Containers that run, on a server whose clock these tests set."""

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from clients import metering
from market import Clock, Market, Problem, iso
from server import running

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def shared():
    """A server that only this module uses, and a product on it, whose key takes long to make."""
    with running("--in-memory") as endpoint:
        market = Market(endpoint)
        yield market, market.product("container", dimensions=("runtime",))


class Cluster:
    """A container product with a new buyer, at noon, and time stands still."""

    def __init__(self, market, product):
        market.control.post("reset")
        self.market = market
        self.clock = Clock(market.control)
        self.clock.freeze(NOON)
        self.product = product
        self.buyer = market.buyer()
        self.agreement = market.agreement(product, self.buyer)

    def register(self, resource, kind="ecsTask", account=None):
        """A task or pod says that it runs."""
        credential = self.market.workload(kind, account or self.buyer, resource=resource)
        client = metering(self.market, credential)
        return client.register_usage(ProductCode=self.product, PublicKeyVersion=1)

    def stop(self, resource):
        """Stops a task or pod."""
        return self.market.control.post(f"workloads/{resource}/stop")

    def running(self):
        """Who runs."""
        return self.market.control.get("workloads")["items"]

    def recorded(self, **filters):
        """The hours that are recorded, by their number from noon on, with their seconds."""
        return [
            (hours_from_noon(usage["hour"]), int(usage["quantity"]))
            for usage in self.market.usage(self.product, **filters)
        ]


def hours_from_noon(text):
    """Which hour a time of the control API is."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((moment - NOON) / timedelta(hours=1))


@pytest.fixture
def cluster(shared):
    """An empty cluster."""
    return Cluster(*shared)


@pytest.mark.parametrize("kind", ["ecsTask", "eksPod"])
def test_hours(cluster, kind):
    """What ran is recorded at the end of each hour, as one record in whole seconds."""
    cluster.clock.advance(minutes=30)
    assert cluster.register("one", kind)["Signature"].count(".") == 2
    cluster.clock.advance(minutes=29, seconds=59)
    assert cluster.recorded() == []
    cluster.clock.advance(seconds=1)
    assert cluster.recorded() == [(0, 1800)]
    cluster.clock.advance(hours=2)
    assert cluster.recorded() == [(0, 1800), (1, 3600), (2, 3600)]
    (first, *_) = cluster.market.usage(cluster.product)
    assert {
        "operation": "RegisterUsage",
        "dimension": "runtime",
        "resourceId": "one",
        "buyerAccountId": cluster.buyer["accountId"],
        "recordedAt": iso(NOON + timedelta(hours=1)),
    }.items() <= first.items()


RUNS = [
    ([(0, 1)], [(0, 60)]),
    ([(0, 61)], [(0, 61)]),
    ([(0, 100), (200, 210)], [(0, 160)]),
    ([(3590, 3605)], [(0, 10), (1, 50)]),
    ([(1800, 10800)], [(0, 1800), (1, 3600), (2, 3600)]),
]


@pytest.mark.parametrize(("runs", "recorded"), RUNS)
def test_runs(cluster, runs, recorded):
    """A run counts to the second, and for a minute at least."""
    passed = 0
    for start, end in runs:
        cluster.clock.advance(seconds=start - passed)
        cluster.register("one")
        cluster.clock.advance(seconds=end - start)
        cluster.stop("one")
        passed = end
    cluster.clock.advance(hours=6)
    assert cluster.recorded() == recorded
    assert cluster.running() == []


def test_who_runs(cluster):
    """It is listed since its first call; another call of it changes nothing."""
    cluster.register("one")
    cluster.clock.advance(minutes=10)
    cluster.register("two", "eksPod")
    cluster.register("one")
    cluster.clock.advance(minutes=5)
    one, two = sorted(cluster.running(), key=lambda item: item["resourceId"])
    assert (one["resourceId"], one["runningSince"], one["seconds"]) == ("one", iso(NOON), 900)
    assert (two["resourceId"], two["seconds"]) == ("two", 300)
    cluster.clock.advance(hours=1)
    assert cluster.recorded(resourceId="one") == [(0, 3600)]
    assert cluster.recorded(resourceId="two") == [(0, 3000)]


def test_a_long_jump(cluster):
    """A hundred hours that end at once are recorded in their order, each at its end."""
    cluster.register("one")
    cluster.clock.advance(hours=100)
    assert cluster.recorded() == [(hour, 3600) for hour in range(100)]
    ends = [usage["recordedAt"] for usage in cluster.market.usage(cluster.product)]
    assert ends == [iso(NOON + timedelta(hours=hour + 1)) for hour in range(100)]


def test_the_sellers_own(cluster):
    """A seller that tries its own product pays nothing."""
    cluster.register("own", account={"accountId": cluster.market.seller_account})
    cluster.clock.advance(hours=3)
    assert cluster.recorded() == []
    assert [item["resourceId"] for item in cluster.running()] == ["own"]


def test_entitlement(cluster):
    """It is asked at the first call of a run: what runs goes on, what starts is refused."""
    cluster.register("one")
    cluster.market.cancel(cluster.agreement)
    cluster.clock.advance(hours=2)
    cluster.register("one")
    with pytest.raises(ClientError) as raised:
        cluster.register("two")
    assert raised.value.response["Error"]["Code"] == "CustomerNotEntitledException"
    cluster.stop("one")
    with pytest.raises(ClientError) as raised:
        cluster.register("one")
    assert raised.value.response["Error"]["Code"] == "CustomerNotEntitledException"


def test_what_cannot_be_stopped(cluster):
    """Nobody's task is not found, and a stopped one is not stopped again."""
    with pytest.raises(Problem) as problem:
        cluster.stop("nobody")
    assert problem.value.status == 404
    cluster.register("one")
    cluster.stop("one")
    with pytest.raises(Problem) as problem:
        cluster.stop("one")
    assert problem.value.status == 409


def test_a_dimension_called_runtime(cluster):
    """What a task meters under that name is its own, and takes no second from what it ran."""
    task = cluster.market.workload("ecsTask", cluster.buyer)
    client = metering(cluster.market, task)
    client.register_usage(ProductCode=cluster.product, PublicKeyVersion=1)
    client.meter_usage(
        ProductCode=cluster.product, Timestamp=NOON, UsageDimension="runtime", UsageQuantity=7
    )
    cluster.clock.advance(hours=1)
    usage = cluster.market.usage(cluster.product)
    assert sorted((item["operation"], item["quantity"]) for item in usage) == [
        ("MeterUsage", "7"),
        ("RegisterUsage", "3600"),
    ]
