"""Event targets, and servers that commands ask, that are silent or hostile."""

import json
import threading
import time

import hostile
from hostile import Hostile
from market import BUYERS, SELLER, Client, Shop
from trial import Finding, attack

TYPE = "Purchase Agreement Advisory Issued - Manufacturer"
# An attempt has 10 s, and an answer to a command 30; a loaded machine has as much again and more.
ATTEMPT_BOUND, COMMAND_BOUND = 35, 75
BAD = [hostile.silence, hostile.head_only, hostile.drip, hostile.drip_head, hostile.flood,
       hostile.reset, hostile.garbage, hostile.redirect, hostile.informational]
# A 200 whose body does not end may count as taken.
MAY_TAKE = {hostile.flood, hostile.head_only, hostile.drip}


def eventually(condition, seconds):
    """Whether a condition comes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@attack(rounds=1, waits=True)
def events(trial):
    """Bad targets fail in time, hold up nobody, and are let go of when they change."""
    server = trial.server()
    shop = Shop(server)
    bad = {behaviour.__name__: Hostile(behaviour) for behaviour in BAD}
    good, later = Hostile(hostile.sink), Hostile(hostile.sink)
    for name, target in [*bad.items(), ("good", good)]:
        put_target(shop, name, target.url)

    def tell():
        shop.client.control("POST", "events", {
            "type": TYPE, "agreementId": f"agmt-{shop.products['saas']}-{BUYERS[0]}"})

    for _ in range(5):
        tell()
    trial.check(
        eventually(lambda: len(good.requests) >= 5, ATTEMPT_BOUND),
        f"a good target got {len(good.requests)} of 5 events, beside bad ones")

    def unattempted():
        told = {item["target"] for item in shop.client.items("deliveries", limit=1000)
                if item.get("lastError") or (item["state"] == "delivered")}
        return sorted(set(bad) - told)

    trial.check(
        eventually(lambda: not unattempted(), ATTEMPT_BOUND),
        f"after {ATTEMPT_BOUND} s no attempt has failed at {unattempted()}")
    for name, target in bad.items():
        trial.check(target.most_open <= 3, f"{name} had {target.most_open} connections at once")
        taken = [item for item in shop.client.items("deliveries", target=name, limit=1000)
                 if item["state"] == "delivered"]
        is_odd = taken and name not in {behaviour.__name__ for behaviour in MAY_TAKE}
        trial.check(not is_odd, f"{name} counts as having taken {taken[:1]}")

    # Half of them are changed, half deleted and made again, under the names that they had.
    names = sorted(bad)
    trial.random.shuffle(names)
    for number, name in enumerate(names):
        if number % 2:
            shop.client.control("DELETE", f"event-targets/{name}")
        put_target(shop, name, f"{later.url}/{name}")
    tell()

    def undelivered():
        done = {item["target"] for item in shop.client.items("deliveries", limit=1000)
                if item["state"] == "delivered"}
        return sorted(set(names) - done)

    trial.check(
        eventually(lambda: not undelivered(), ATTEMPT_BOUND),
        f"{ATTEMPT_BOUND} s after targets were changed or made again, nothing came to"
        f" {undelivered()} at their new address")
    trial.check(
        eventually(lambda: not any(target.open for target in bad.values()), ATTEMPT_BOUND),
        "connections to targets that are gone are still open: "
        + str(sorted(name for name, target in bad.items() if target.open)))
    for target in [*bad.values(), good, later]:
        target.close()
    trial.lives(server)
    trial.ends_well(server)


def put_target(shop, name, url):
    """Makes or changes a webhook."""
    shop.client.control("PUT", f"event-targets/{name}", {"kind": "webhook", "url": url})


def same_cursor(server, connection):
    """A list whose next part is always the same one."""
    page = {"items": [{"number": 1, "timestamp": "2027-03-10T12:30:00Z", "body": {}}] * 200,
            "nextCursor": "1", "now": "2027-03-10T12:30:00Z"}
    hostile.saying(json.dumps(page).encode())(server, connection)


def odd_json(server, connection):
    """JSON that is none of the answers that anybody waits for."""
    texts = [b"[]", b"null", b'{"items":{}}', b'{"items":[1,null,[]],"nextCursor":{}}', b"[" * 40,
             b'{"items":[{"number":1e99}]}']
    while server.request(connection) is not None:
        connection.sendall(hostile.answer(texts[len(server.requests) % len(texts)]))


COMMANDS = [["usage"], ["usage", "--json"], ["events"], ["trail"], ["clock", "show"],
            ["fault", "list"], ["subscribe", "product", "--buyer", BUYERS[0]],
            ["subscribe", "product", "--buyer", BUYERS[0], "--post", "--wait", "5"]]
SERVERS = [behaviour for behaviour in BAD if behaviour is not hostile.reset] + [
    same_cursor, odd_json]


@attack(rounds=1, waits=True)
def commands(trial):
    """Commands that ask a hostile server end in time and in bounds, with a sentence."""
    servers = [Hostile(behaviour) for behaviour in SERVERS]
    found = []

    def run(command, server):
        try:
            status, text = trial.command(
                *command, "--endpoint", server.url, bound=COMMAND_BOUND, token="word")
        except Finding as finding:
            found.append(f"{server.behaviour.__name__}: {finding}")
            return
        what = f"{server.behaviour.__name__}: `turnpike {' '.join(command)}` ended with {status}"
        # An odd answer may be read as an empty one; what never ends cannot be.
        if status == 0 and server.behaviour not in (odd_json, same_cursor):
            found.append(f"{what}: {text[:200]}")
        if status not in (0, 1) or (status == 1 and not text.strip()):
            found.append(f"{what}: {text[:500]!r}")

    # Most wait for half a minute, so they wait at once; all of them would fill a small machine.
    jobs = [threading.Thread(target=run, args=(command, server))
            for server in servers
            for command in COMMANDS[:1] + trial.random.sample(COMMANDS[1:], 2)]
    for job in jobs:
        job.start()
        time.sleep(0.05)
    for job in jobs:
        job.join()
    for server in servers:
        server.close()
    trial.check(not found, "\n".join(found[:20]))


@attack(rounds=1, waits=True)
def sites(trial):
    """`turnpike subscribe --post` at a hostile site ends in time and in bounds."""
    server = trial.server()
    shop = Shop(server)
    found = []

    def run(behaviour):
        site = Hostile(behaviour)
        code = "site-" + behaviour.__name__.replace("_", "-")
        put_product(server, code, site.url)
        try:
            status, text = trial.command(
                "subscribe", code, "--buyer", BUYERS[0], "--post", "--wait", "3", "--endpoint",
                server.url, bound=COMMAND_BOUND)
            if status not in (0, 1) or not text.strip():
                found.append(f"{behaviour.__name__}: status {status}, {text[:300]!r}")
        except Finding as finding:
            found.append(f"{behaviour.__name__}: {finding}")
        site.close()

    jobs = [threading.Thread(target=run, args=(behaviour,)) for behaviour in BAD]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    trial.check(not found, "\n".join(found))
    shop.client.close()
    trial.lives(server)


def put_product(server, code, url):
    """A product whose buyers are sent to a site."""
    client = Client(server)
    client.control("PUT", f"products/{code}", {
        "type": "saas", "title": code, "sellerAccountId": SELLER, "fulfillmentURL": url + "/",
        "dimensions": [{"name": "requests"}]})
    client.close()
