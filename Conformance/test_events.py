"""Events that reach a seller's webhook, queue and stream, on servers of these tests' own."""

import json
import time
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

import boto3
import pytest

from market import Clock, Market, Problem, empty_market, iso
from server import running

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=timezone.utc)
# How long a test waits for a delivery that has to come.
ARRIVAL_SECONDS = 30


class Site:
    """A seller's webhook: what came, in its order, and the statuses that it answers first."""

    def __init__(self, address, failures=()):
        self.address = address
        self.came = Queue()
        self.failures = list(failures)

    def take(self, count):
        """The next so many deliveries, each with its headers and its JSON."""
        return [self.came.get(timeout=ARRIVAL_SECONDS) for _ in range(count)]


@contextmanager
def site_running(*failures):
    """Serves a webhook."""
    site = Site(None, failures)

    class Handler(BaseHTTPRequestHandler):
        """Takes POST."""

        def do_POST(self):
            """Answers a status, and remembers what it answered 200."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = site.failures.pop(0) if site.failures else 200
            if status == 200:
                site.came.put((self.headers, json.loads(body)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Prints nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}/events"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def market(own_endpoint):
    """An empty marketplace in which it is noon."""
    return empty_market(own_endpoint, NOON)


def target(market, url, **members):
    """Makes a target."""
    market.control.put("event-targets/site", {"kind": "webhook", "url": url, **members})


def settled(market):
    """All deliveries, once none waits: each is marked a moment after it was answered."""
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while market.control.get("deliveries", state="waiting")["items"]:
        assert time.monotonic() < deadline, "a delivery still waits"
        time.sleep(0.01)
    return market.control.get("deliveries")["items"]


def legacy(market):
    """A product whose seller is told by SNS as well."""
    return market.product(integration="customerIdentifier")


def test_an_agreements_life(market):
    """Both channels tell of a purchase, its end, and the end of the hour for final records."""
    product, buyer = legacy(market), market.buyer()
    with site_running() as site:
        target(market, site.address)
        agreement = market.agreement(product, buyer, startsAt=iso(NOON))
        created, licensed, subscribed = site.take(3)
        market.cancel(agreement)
        ended, deprovisioned, pending = site.take(3)
        Clock(market.control).advance(hours=1)
        (success,) = site.take(1)
    for (headers, event), kind in [
        (created, "Purchase Agreement Created - Proposer"),
        (licensed, "License Updated - Manufacturer"),
        (ended, "Purchase Agreement Ended - Proposer"),
        (deprovisioned, "License Deprovisioned - Manufacturer"),
    ]:
        assert headers.get_content_type() == "application/json"
        assert event["detail-type"] == kind
        assert event["source"] == "aws.agreement-marketplace"
        assert event["account"] == market.seller_account
        assert event["time"] == iso(NOON)
        assert agreement["agreementId"] in json.dumps(event["detail"])
    assert agreement["licenseArn"] in json.dumps(licensed[1]["detail"])
    for (headers, envelope), action in [
        (subscribed, "subscribe-success"),
        (pending, "unsubscribe-pending"),
        (success, "unsubscribe-success"),
    ]:
        assert headers["X-Amz-Sns-Message-Type"] == "Notification"
        assert envelope["Type"] == "Notification"
        message = json.loads(envelope["Message"])
        assert message["action"] == action
        assert message["product-code"] == product
        assert message["customer-identifier"] == buyer["customerIdentifier"]


def test_a_site_that_fails_first(market):
    """It gets the event all the same, and the failure is seen meanwhile."""
    with site_running(500) as site:
        target(market, site.address)
        market.agreement(market.product(), market.buyer(), startsAt=iso(NOON))
        came = {event["detail-type"] for _, event in site.take(2)}
    assert came == {"Purchase Agreement Created - Proposer", "License Updated - Manufacturer"}
    deliveries = settled(market)
    assert sorted(delivery["attempts"] for delivery in deliveries) == [1, 2]
    assert {delivery["state"] for delivery in deliveries} == {"delivered"}


def test_a_site_that_is_down_while_the_server_restarts(tmp_path):
    """What was due before is delivered after, once the site is there."""
    file = ["--data", str(tmp_path / "marketplace.db")]
    with site_running() as site:
        address = site.address
    with running(*file) as endpoint:
        market = Market(endpoint)
        target(market, address)
        agreement = market.agreement(market.product(), market.buyer())
        (first, *_) = market.control.get("deliveries", state="waiting")["items"]
        assert first["target"] == "site"
    with running(*file) as endpoint, site_running() as site:
        market = Market(endpoint)
        target(market, site.address)
        waiting = market.control.get("deliveries", state="waiting")["items"]
        events = [event for _, event in site.take(len(waiting))]
        assert len(events) == 2
        for event in events:
            assert agreement["agreementId"] in json.dumps(event)


def test_disturbances(market):
    """All twice, and one that never comes: EventBridge may do that."""
    product, buyer = market.product(), market.buyer()
    with site_running() as site:
        target(market, site.address, disturbance={"duplicate": 1})
        market.agreement(product, buyer, startsAt=iso(NOON))
        ids = [event["id"] for _, event in site.take(4)]
        assert sorted(ids) == sorted(2 * list(set(ids)))
        target(market, site.address, disturbance={"drop": 1})
        agreement = market.agreement(product, market.buyer(), startsAt=iso(NOON))
        dropped = market.control.get("deliveries", state="dropped")["items"]
        assert len(dropped) == 2
        listed = market.control.get("events", agreementId=agreement["agreementId"])["items"]
        assert len(listed) == 2
        assert site.came.empty()


@pytest.mark.october_2026
def test_a_queue(market):
    """An SQS queue gets the event as a message's body, through a request that is signed."""
    from moto.server import ThreadedMotoServer

    queues = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    queues.start()
    try:
        host, port = queues.get_host_and_port()
        sqs = boto3.client(
            "sqs",
            endpoint_url=f"http://{host}:{port}",
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
        url = sqs.create_queue(QueueName="events")["QueueUrl"]
        target(market, f"http://{host}:{port}{url[url.index('/', 8):]}", kind="sqs")
        market.agreement(market.product(), market.buyer(), startsAt=iso(NOON))
        bodies = []
        while len(bodies) < 2:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
            assert answer.get("Messages"), "no message came"
            bodies += [json.loads(message["Body"]) for message in answer["Messages"]]
    finally:
        queues.stop()
    listed = market.control.get("events")["items"]
    assert sorted(body["id"] for body in bodies) == sorted(item["eventId"] for item in listed)


def streamed(market, count, last=None):
    """The next so many events of the stream, with their numbers."""
    request = urllib.request.Request(
        f"{market.endpoint}/control/v1/events", headers={"Accept": "text/event-stream"}
    )
    if last is not None:
        request.add_header("Last-Event-ID", str(last))
    events = []
    with urllib.request.urlopen(request, timeout=ARRIVAL_SECONDS) as response:
        for line in response:
            name, _, text = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                number = int(text)
            elif name == "data":
                events.append((number, json.loads(text)))
                if len(events) == count:
                    return events


def test_the_stream(market):
    """It tells what happened, and after a lost connection goes on behind the last event."""
    market.agreement(market.product(), market.buyer(), startsAt=iso(NOON))
    (first, event), (second, _) = streamed(market, 2)
    assert event["type"] == "Purchase Agreement Created - Proposer"
    assert [number for number, _ in streamed(market, 1, last=first)] == [second]


def test_polling(market):
    """The cursor of the last page goes on with what happens later."""
    product = market.product()
    market.agreement(product, market.buyer(), startsAt=iso(NOON))
    page = market.control.get("events")
    assert len(page["items"]) == 2
    assert market.control.get("events", cursor=page["nextCursor"])["items"] == []
    later = market.agreement(product, market.buyer(), startsAt=iso(NOON))
    items = market.control.get("events", cursor=page["nextCursor"])["items"]
    assert {item["agreementId"] for item in items} == {later["agreementId"]}


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/hook", "http://192.0.2.1/hook", "ftp://127.0.0.1/", "hook"]
)
def test_a_target_that_is_not_on_this_machine(market, url):
    """It is refused with a reason, so that a shared server cannot be used to reach others."""
    with pytest.raises(Problem) as problem:
        target(market, url)
    assert problem.value.status == 400
    assert json.loads(problem.value.document)["errors"][0]["field"] == "url"
