"""Clients that send slowly, read slowly, or do neither."""

import json
import os
import time

from market import BUYERS, Client, Shop
from signer import signed
from trial import attack, peak_megabytes
from wire import Broken, Connection

# What the manual promises, and how much later a loaded machine may be.
HEADER_SECONDS, BODY_SECONDS, UNREAD_SECONDS, STOP_SECONDS = 60, 30, 30, 8
SLACK = 25


def large_usage(shop, requests=40):
    """Records whose allocations make a page of the list megabytes long."""
    for number in range(requests):
        parts = [{"AllocatedUsageQuantity": 1, "Tags": [{"Key": "k", "Value": f"{n:0200}"}]}
                 for n in range(2300)]
        record = shop.record("requests", 2300, BUYERS[number // 20], number % 20,
                             UsageAllocations=parts)
        status, answer = shop.batch(shop.client, [record])
        assert status == 200, answer


def seconds_until_closed(connection, begun, limit, drip=None):
    """Seconds until the other side closes, while a byte is sent each second; None for never."""
    connection.socket.settimeout(1)
    while time.monotonic() < begun + limit:
        if drip is not None:
            connection.send(drip)
        try:
            if not connection.socket.recv(65536):
                return time.monotonic() - begun
        except TimeoutError:
            pass
        except OSError:
            return time.monotonic() - begun
    return None


@attack(rounds=1, waits=True)
def dripping_body(trial):
    """A body that drips is ended in time, and one that is merely slow is taken."""
    server = trial.server()
    with Connection(server.address) as drip, Connection(server.address) as slow:
        head = "PUT", "/control/v1/accounts/123456789012"
        body = b'{"role":"buyer","name":"slow"}'
        drip.send(drip.bytes(*head, b"x" * 1000)[:-1000])
        slow.send(slow.bytes(*head, body)[:-len(body)])
        begun = time.monotonic()
        for start in range(0, len(body), 3):
            slow.send(body[start:start + 3])
            time.sleep(0.8)
        # Ten seconds of thirty: whatever else the machine does, that is in time.
        answer = slow.answer()
        trial.check(answer.status == 201, f"a body of ten seconds is answered {answer!r}")
        limit = BODY_SECONDS + SLACK
        took = seconds_until_closed(drip, begun, limit, b"x")
    trial.check(took is not None, f"a body that drips is still waited for after {limit} s")
    trial.lives(server)


@attack(rounds=0, waits=True)
def dripping_header(trial):
    """A header that drips, and a connection on which nothing comes, are ended in time."""
    server = trial.server()
    limit = HEADER_SECONDS + SLACK
    with Connection(server.address) as drip, Connection(server.address) as idle:
        begun = time.monotonic()
        drip.send(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        took = seconds_until_closed(drip, begun, limit, b"x")
        trial.check(took is not None, f"a header that drips is still waited for after {limit} s")
        took = seconds_until_closed(idle, begun, limit + 5)
        trial.check(took is not None, f"an idle connection is open after {limit + 5} s")
    trial.lives(server)


@attack(rounds=1, waits=True)
def unread(trial):
    """A client that leaves its answer unread is cut off, and holds nothing up."""
    server = trial.server()
    shop = Shop(server)
    large_usage(shop, 20)
    trial.lives(server)
    time.sleep(1)
    before = descriptors(server)
    idle = [Connection(server.address, small_window=True) for _ in range(3)]
    for connection in idle:
        connection.send(connection.bytes("GET", "/control/v1/usage?limit=1000") * 5)
    deadline = time.monotonic() + UNREAD_SECONDS + SLACK
    time.sleep(3)
    while descriptors(server) > before:
        trial.check(
            time.monotonic() < deadline,
            f"answers that nobody reads are still kept after {UNREAD_SECONDS + SLACK} s:"
            f" {descriptors(server)} descriptors, {before} before")
        time.sleep(1)
        trial.lives(server)
    for connection in idle:
        connection.close()


def descriptors(server):
    """How many files and connections the server has open."""
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


@attack(rounds=1, waits=True)
def steady_reader(trial):
    """A client that reads all the time, slowly, gets the whole of its answer."""
    server = trial.server()
    shop = Shop(server)
    large_usage(shop)
    target = "/control/v1/usage?limit=1000"
    part = len(trial.ask(shop.client, "GET", target).body)
    # Where pages are small, so many of them that the system's buffers do not hold them.
    count = max(1, 20_000_000 // part)
    size, seconds = part * count, UNREAD_SECONDS + 18
    with Connection(server.address, small_window=True) as connection:
        begun, got = time.monotonic(), 0
        connection.send(connection.bytes("GET", target) * count)
        while got < size:
            due = min(size, size * (time.monotonic() - begun) / seconds)
            while got < due:
                try:
                    data = connection.socket.recv(min(65536, int(due - got) + 1))
                except OSError as error:
                    data = b""
                    trial.check(not isinstance(error, TimeoutError), "nothing comes any more")
                trial.check(
                    data, f"closed after {got} of {size} bytes, in {time.monotonic() - begun:.0f} s"
                    f" of reading {size // seconds // 1000} KB a second")
                got += len(data)
            time.sleep(0.05)
    trial.lives(server)


@attack(rounds=0, waits=True)
def waiting_behind(trial):
    """A request behind another has as long to be answered as one that is alone."""
    server = trial.server()
    shop = Shop(server)
    seconds = HEADER_SECONDS + 15
    shop.client.control("PUT", "faults", {"rules": [{"latency": seconds}]})
    body = json.dumps({"RegistrationToken": "x"}).encode()
    with Connection(server.address) as late, Connection(server.address) as stream:
        late.send(late.bytes("GET", "/health") + late.bytes(
            "POST", "/", body, signed(shop.seller, late.host, "ResolveCustomer", body)))
        stream.send(stream.bytes("GET", "/health") + stream.bytes(
            "GET", "/control/v1/events?cursor=999999", None, [("Accept", "text/event-stream")]))
        for connection in (late, stream):
            trial.check(connection.answer().status == 200, "/health")
        late.socket.settimeout(seconds + SLACK)
        try:
            answer = late.answer()
        except Broken as error:
            trial.check(False, f"a request that waits for {seconds} s behind /health: {error}")
        trial.check(answer.status == 400, f"{answer!r}")
        stream.head()
        # By now it would have been closed; its heart goes on beating.
        stream.buffer = b""
        begun = time.monotonic()
        took = seconds_until_closed(stream, begun, 20)
        trial.check(took is None, "an event stream behind /health was closed")
    trial.lives(server)


@attack(rounds=0)
def stalled_bodies(trial):
    """Large requests that wait for their answer keep little more than their bodies in memory."""
    server = trial.server()
    shop = Shop(server)
    shop.client.control("POST", "faults", {"stall": True})
    # Many small values: the most memory for the bytes.
    body = b'{"UsageRecords":[' + b'{"Quantity":1},' * 60_000 + b"{}]}"
    connections, before, count = [], peak_megabytes(server.process.pid), 50
    for _ in range(count):
        connection = Connection(server.address)
        fields = signed(shop.seller, connection.host, "BatchMeterUsage", body)
        connection.send(connection.bytes("POST", "/", body, fields))
        connections.append(connection)
    spent, deadline = -1, time.monotonic() + 120
    while server.cpu_seconds() - spent > 0.3 and time.monotonic() < deadline:
        spent = server.cpu_seconds()
        time.sleep(3)
    grown = peak_megabytes(server.process.pid) - before
    for connection in connections:
        connection.close()
    trial.lives(server)
    trial.check(grown < 4 * count + 100, f"{count} requests of 0.9 MB that wait take {grown} MB")


@attack(rounds=1, waits=True)
def stopping(trial):
    """Slow clients of all kinds do not keep a server from stopping in time."""
    server = trial.server("--data", trial.path("market.db"))
    shop = Shop(server)
    with Connection(server.address) as body, Connection(server.address) as header, \
            Connection(server.address) as stream, Connection(server.address) as stalled:
        body.send(body.bytes("POST", "/", b"x" * 1000)[:-900])
        header.send(b"GET / HTTP/1.1\r\nHost: ")
        stream.send(stream.bytes(
            "GET", "/control/v1/events", None, [("Accept", "text/event-stream")]))
        Client(server).control("POST", "faults", {"stall": True})
        data = json.dumps({"RegistrationToken": "x"}).encode()
        stalled.send(stalled.bytes(
            "POST", "/", data, signed(shop.seller, stalled.host, "ResolveCustomer", data)))
        stream.head()
        trial.ends_well(server, STOP_SECONDS + SLACK)
    status, text = trial.command("verify", trial.path("market.db"))
    trial.check(status == 0, f"verify: {text}")
