"""What a fault plan does to an unmodified client, on a server of these tests' own."""

import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from clients import metering
from market import Problem, empty_market
from shop import Shop, statuses


@pytest.fixture
def shop(own_endpoint):
    """A product with its buyer, in a marketplace where nothing goes wrong yet."""
    return Shop(empty_market(own_endpoint))


def plan(shop, *rules, **members):
    """Sets the plan."""
    return shop.market.control.put("faults", {"rules": list(rules), **members})


def fired(shop):
    """How often each rule has fired."""
    return [rule["fired"] for rule in shop.market.control.get("faults")["rules"]]


def impatient(shop, retries=1, read_timeout=30):
    """A client with boto3's standard retries, of which there are so few that none waits long."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": retries}, read_timeout=read_timeout
    )
    return metering(shop.market, config=config)


ERRORS = [
    ("ThrottlingException", 400, True),
    ("InternalServiceErrorException", 500, True),
    ("DisabledApiException", 400, False),
    ("TimestampOutOfBoundsException", 400, False),
]


@pytest.mark.parametrize(("error", "status", "retried"), ERRORS)
def test_an_error(shop, error, status, retried):
    """The client raises it; what boto3 retries by itself passes the second time."""
    plan(shop, {"error": error, "next": 1})
    with pytest.raises(ClientError) as raised:
        shop.meter(shop.record())
    assert raised.value.response["Error"]["Code"] == error
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert shop.market.usage(shop.product) == []
    plan(shop, {"error": error, "next": 1})
    if retried:
        assert statuses(shop.meter(shop.record(), client=impatient(shop, 2))) == ["Success"]
    else:
        with pytest.raises(ClientError):
            shop.meter(shop.record(), client=impatient(shop, 2))
        assert fired(shop) == [1]


@pytest.mark.parametrize(("cut", "recorded"), [("beforeWork", 0), ("afterCommit", 1)])
def test_a_cut_connection(shop, cut, recorded):
    """The client cannot tell whether the record was taken; a retry is answered the one id."""
    plan(shop, {"cut": cut, "next": 1})
    with pytest.raises(ConnectionClosedError):
        shop.meter(shop.record(), client=impatient(shop))
    usage = shop.market.usage(shop.product)
    assert len(usage) == recorded
    plan(shop, {"cut": cut, "next": 1})
    answer = shop.meter(shop.record(), client=impatient(shop, 2))
    assert fired(shop) == [1]
    (again,) = shop.market.usage(shop.product)
    assert answer["Results"][0]["MeteringRecordId"] == again["meteringRecordId"]
    assert usage in ([], [again])


def test_a_lost_reply_that_is_sent_again_with_more(shop):
    """The quantity that was recorded first is billed, and the client is told."""
    plan(shop, {"cut": "afterCommit", "next": 1})
    with pytest.raises(ConnectionClosedError):
        shop.meter(shop.record(Quantity=3), client=impatient(shop))
    assert statuses(shop.meter(shop.record(Quantity=4))) == ["DuplicateRecord"]
    assert [usage["quantity"] for usage in shop.market.usage(shop.product)] == ["3"]


def test_a_stall(shop):
    """The client gives up when its time is over, and nothing is recorded."""
    plan(shop, {"stall": True, "next": 1})
    with pytest.raises(ReadTimeoutError):
        shop.meter(shop.record(), client=impatient(shop, read_timeout=0.2))
    assert shop.market.usage(shop.product) == []
    assert statuses(shop.meter(shop.record())) == ["Success"]


def test_a_latency(shop):
    """The answer comes later, and is right."""
    plan(shop, {"latency": 0.2, "next": 1})
    began = time.perf_counter()
    assert statuses(shop.meter(shop.record())) == ["Success"]
    assert time.perf_counter() - began >= 0.2


def test_unprocessed_records(shop):
    """What matches comes back, is not recorded, and can be sent again as it came back."""
    rule = {"operation": "BatchMeterUsage", "record": {"dimension": "storage"}, "next": 1}
    plan(shop, {**rule, "unprocessed": True})
    answer = shop.meter(shop.record(), shop.record(Dimension="storage"))
    assert statuses(answer) == ["Success"]
    (left,) = answer["UnprocessedRecords"]
    assert left["Dimension"] == "storage"
    assert [usage["dimension"] for usage in shop.market.usage(shop.product)] == ["requests"]
    assert statuses(shop.meter(*answer["UnprocessedRecords"])) == ["Success"]
    assert len(shop.market.usage(shop.product)) == 2


@pytest.mark.parametrize(("response", "status"), [("noJSON", 500), ("proxy", 503)])
def test_an_answer_that_is_not_from_aws(shop, response, status):
    """The client makes of it what it can, and its retries get through."""
    plan(shop, {"response": response, "next": 1})
    with pytest.raises(ClientError) as raised:
        shop.meter(shop.record(), client=impatient(shop))
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    plan(shop, {"response": response, "next": 1})
    assert statuses(shop.meter(shop.record(), client=impatient(shop, 2))) == ["Success"]


def test_a_clock_that_is_off(shop):
    """Signatures are too old by the server's clock, which is an hour ahead."""
    plan(shop, {"clockSkew": 3600})
    with pytest.raises(ClientError) as raised:
        shop.meter(shop.record())
    assert raised.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert "Signature expired" in raised.value.response["Error"]["Message"]
    shop.market.control.delete("faults")
    assert statuses(shop.meter(shop.record())) == ["Success"]


OTHERS = [
    {"operation": "MeterUsage"},
    {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    {"accountId": "999999999999"},
    {"productCode": "another"},
    {"record": {"dimension": "storage"}},
    {"record": {"quantity": 4}},
    {"record": {"buyerAccountId": "999999999999"}},
    {"record": {"hour": "2020-01-01T00:00:00Z"}},
]


@pytest.mark.parametrize("match", OTHERS, ids=lambda match: str(match))
def test_a_rule_for_others(shop, match):
    """It lets this request pass, and has not fired."""
    plan(shop, {**match, "error": "ThrottlingException"})
    assert statuses(shop.meter(shop.record())) == ["Success"]
    assert fired(shop) == [0]


def test_a_rule_for_this_request(shop):
    """Every condition of it is met, so it fires."""
    rule = {
        "operation": "BatchMeterUsage",
        "accessKeyId": shop.market.seller["accessKeyId"],
        "accountId": shop.market.seller_account,
        "productCode": shop.product,
        "record": {
            "dimension": "requests",
            "buyerAccountId": shop.buyer["accountId"],
            "quantity": "3.00",
            "hour": shop.now.strftime("%Y-%m-%dT%H:00:00Z"),
        },
        "error": "ThrottlingException",
    }
    plan(shop, rule)
    with pytest.raises(ClientError):
        shop.meter(shop.record())
    assert fired(shop) == [1]


def test_a_share_is_replayed(shop):
    """The same requests in the same order meet the same faults; another seed gives others."""

    def outcomes(seed):
        plan(shop, {"error": "ThrottlingException", "share": 0.5}, seed=seed)
        failed = []
        for _ in range(40):
            try:
                shop.meter(shop.record())
                failed.append(False)
            except ClientError:
                failed.append(True)
        return failed

    first = outcomes(7)
    assert 5 < sum(first) < 35
    assert outcomes(7) == first
    assert outcomes(8) != first


def test_next(shop):
    """So many requests fail, and then none does."""
    plan(shop, {"error": "ThrottlingException", "next": 3})
    for _ in range(3):
        with pytest.raises(ClientError):
            shop.meter(shop.record())
    assert statuses(shop.meter(shop.record())) == ["Success"]
    (rule,) = shop.market.control.get("faults")["rules"]
    assert (rule["fired"], rule["remaining"]) == (3, 0)


@pytest.mark.parametrize(
    ("operation", "quota"),
    [("BatchMeterUsage", 10), ("MeterUsage", 10), ("RegisterUsage", 5)],
)
def test_quotas(shop, operation, quota):
    """More requests at once than AWS takes in a second are throttled; patience gets through."""
    container = shop.market.product("container")
    shop.market.agreement(container, shop.buyer)
    task = shop.market.workload("ecsTask", shop.buyer)

    def call(client):
        if operation == "BatchMeterUsage":
            return shop.meter(shop.record(), client=client)
        if operation == "MeterUsage":
            return client.meter_usage(
                ProductCode=container,
                Timestamp=shop.now,
                UsageDimension="requests",
                UsageQuantity=1,
            )
        return client.register_usage(ProductCode=container, PublicKeyVersion=1)

    credential = None if operation == "BatchMeterUsage" else task
    client = metering(shop.market, credential)
    # The first makes the product's key, which may take longer than a second.
    call(client)
    plan(shop, quotas=True)
    codes = []
    for _ in range(3 * quota):
        try:
            call(client)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert set(codes) == {"ThrottlingException"}
    patient = metering(
        shop.market,
        credential,
        config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
    )
    call(patient)


def test_other_operations(shop):
    """A rule without an operation concerns each."""
    token = shop.market.token(shop.agreement)["token"]
    container = shop.market.product("container")
    shop.market.agreement(container, shop.buyer)
    task = metering(shop.market, shop.market.workload("ecsTask", shop.buyer))
    calls = [
        lambda: shop.client.resolve_customer(RegistrationToken=token),
        lambda: task.register_usage(ProductCode=container, PublicKeyVersion=1),
        lambda: task.meter_usage(
            ProductCode=container, Timestamp=shop.now, UsageDimension="requests"
        ),
    ]
    for call in calls:
        plan(shop, {"error": "InternalServiceErrorException", "next": 1})
        with pytest.raises(ClientError) as raised:
            call()
        assert raised.value.response["Error"]["Code"] == "InternalServiceErrorException"
        call()


def test_the_explanation(shop):
    """Every rule that fired is in it, and the one that answered is the reason."""
    plan(shop, {"latency": 0.001}, {"error": "ThrottlingException"})
    with pytest.raises(ClientError) as raised:
        shop.meter(shop.record())
    request_id = raised.value.response["ResponseMetadata"]["RequestId"]
    explanation = shop.market.control.get(f"requests/{request_id}")["explanation"]
    assert explanation["rule"] == "fault"
    assert explanation["summary"] == (
        "fault 2 of the plan: answered ThrottlingException; fault 1 of the plan: waited for 1 ms"
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": [{"error": "NoSuchException"}]}, "rules[0].error"),
        ({"rules": [{"stall": True}, {"cut": "now"}]}, "rules[1].cut"),
        ({"rules": [{"stall": True, "sometimes": 1}]}, "rules[0].sometimes"),
        ({"rule": []}, "rule"),
    ],
)
def test_a_mistake(shop, body, field):
    """It is named, and the plan before it still holds."""
    before = plan(shop, {"error": "ThrottlingException"})
    with pytest.raises(Problem) as problem:
        shop.market.control.put("faults", body)
    assert problem.value.status == 400
    assert f'"field":"{field}"' in problem.value.document
    assert shop.market.control.get("faults") == before


def test_reset(shop):
    """A reset ends the plan."""
    plan(shop, {"error": "ThrottlingException"})
    shop.market.control.post("reset")
    assert shop.market.control.get("faults")["rules"] == []
    assert statuses(shop.meter(shop.record())) == ["Success"]
