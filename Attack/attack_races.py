"""Edits of the marketplace against metering, at the same time."""

import random
import threading
from datetime import timedelta
from decimal import Decimal

from market import BUYERS, SELLER, Client, Problem, Shop, instant
from trial import attack, together


@attack(rounds=1, share=2)
def dimensions(trial):
    """A product that gets its first usage keeps type, seller and dimensions, whoever is first."""
    server = trial.server(*(["--data", trial.path("x.db")] if trial.random.random() < 0.5 else []))
    shop, editor, meter = Shop(server), Client(server), Client(server)
    other = "999988887777"
    editor.control("PUT", f"accounts/{other}", {"role": "seller", "name": "Other"})
    for number in range(60):
        code = f"raced-{number}"
        wanted = {"type": "saas", "title": "x", "sellerAccountId": SELLER,
                  "dimensions": [{"name": "a"}, {"name": "b"}]}
        editor.control("PUT", f"products/{code}", wanted)
        editor.control("POST", "agreements", {
            "productCode": code, "buyerAccountId": BUYERS[0], "startsAt": "2027-01-01T00:00:00Z"})
        edit = trial.random.choice([{"dimensions": [{"name": "a"}]}] * 3 + [
            {"sellerAccountId": other}, {"dimensions": [{"name": "a"}, {"name": "c"}]}])
        answers = {}

        def change():
            try:
                editor.control("PUT", f"products/{code}", {**wanted, **edit})
                answers["edit"] = 200
            except Problem as problem:
                answers["edit"] = problem.status

        def report():
            answers["usage"] = shop.batch(meter, [shop.record("b", 1)], ProductCode=code)

        together([change, report])
        status, answer = answers["usage"]
        taken = status == 200 and answer["Results"][0]["Status"] == "Success"
        listed = editor.items("usage", productCode=code)
        product = editor.control("GET", f"products/{code}")
        what = f"{edit} beside the first usage of b: {answers}; {product}; usage {listed}"
        trial.check(answers["edit"] in (200, 409), what)
        trial.check(len(listed) == taken, what)
        if taken:
            kept = "b" in [item["name"] for item in product["dimensions"]]
            trial.check(kept and product["sellerAccountId"] == SELLER, what)
            again = shop.batch(meter, [shop.record("b", 1)], ProductCode=code)
            trial.check(again[0] == 200 and again[1]["Results"][0].get("MeteringRecordId")
                        == answer["Results"][0]["MeteringRecordId"], f"{what}; again: {again}")


class Metering:
    """Clients that report, each in a thread, until they are told to stop; and what they heard."""

    def __init__(self, server, shop, dice, key):
        self.server = server
        self.shop = shop
        self.dice = [random.Random(dice.random()) for _ in range(5)]
        self.key = key
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        # The moments of sending and of the answer, by a count that all share; key and result.
        self.heard = []
        self.moment = 0

    def tick(self):
        """The next moment of a count that orders what is heard."""
        with self.lock:
            self.moment += 1
            return self.moment

    def client(self, dice):
        """Reports until it is over, which it also is when a client fails."""
        try:
            self.report(dice)
        finally:
            self.is_over.set()

    def report(self, dice):
        """Reports until it is over."""
        client = Client(self.server)
        while not self.is_over.is_set():
            buyer, dimension, hours, quantity = self.key(dice)
            record = self.shop.record(dimension, quantity, buyer, hours)
            begun = self.tick()
            status, answer = self.shop.batch(client, [record])
            result = answer["Results"][0] if status == 200 else answer
            heard = (begun, self.tick(), (buyer, dimension, hours), quantity, status, result)
            with self.lock:
                self.heard.append(heard)
        client.close()

    def beside(self, act):
        """Lets all clients report while something else is done."""

        def acting():
            try:
                act()
            finally:
                self.is_over.set()

        together([acting] + [lambda dice=dice: self.client(dice) for dice in self.dice])

    def acknowledged(self):
        """What was answered Success."""
        return [entry for entry in self.heard if entry[5].get("Status") == "Success"]


def wait_for(metering, count):
    """Lets so many more reports be answered."""
    target = len(metering.heard) + count
    while len(metering.heard) < target and not metering.is_over.wait(0.002):
        pass


@attack(rounds=1, share=2)
def keys(trial):
    """Edits of all kinds beside reports of few keys: each key has one record, and one id."""
    server = trial.server("--data", trial.path("x.db"))
    shop, editor, dice = Shop(server), Client(server), trial.random
    metering = Metering(server, shop, dice, lambda dice: (
        dice.choice(BUYERS[:2]), dice.choice(shop.dimensions), dice.randrange(4),
        dice.choice([1, 1, 2])))
    product = shop.products["saas"]

    def edits():
        for number in range(60):
            buyer = dice.choice(BUYERS[:2])
            mine = [item for item in editor.items("agreements", limit=1000)
                    if item["state"] == "active" and item["productCode"] == product
                    and item["buyerAccountId"] == buyer]
            act = dice.randrange(6)
            if act == 0 and mine:
                editor.control("POST", f"agreements/{mine[0]['agreementId']}/replace", {})
            elif act == 1 and len(mine) > 1:
                editor.control("POST", f"agreements/{mine[0]['agreementId']}/cancel", {})
            elif act == 2:
                editor.control("POST", "agreements", {
                    "productCode": product, "buyerAccountId": buyer,
                    "startsAt": "2027-01-01T00:00:00Z"})
            elif act == 3:
                editor.control("POST", f"accounts/{buyer}/suspend", {})
                editor.control("POST", f"accounts/{buyer}/resume", {})
            elif act == 4:
                shop.put_product(editor, product, "saas", shop.dimensions + [f"extra-{number}"]
                                 if number > 55 else shop.dimensions)
            else:
                editor.control("PUT", "clock", {"advance": 1})
            wait_for(metering, 5)

    metering.beside(edits)
    listed = {item["meteringRecordId"]: item for item in editor.items("usage", limit=1000)}
    ids = {}
    for _, _, key, quantity, status, result in metering.heard:
        trial.check(status == 200, f"{key} is answered {status} {result}")
        if result["Status"] == "Success":
            first = ids.setdefault(key, (result["MeteringRecordId"], quantity))
            told = (result["MeteringRecordId"], quantity)
            trial.check(told == first, f"{key} was recorded as {first}, and as {told}")
    for key, (identity, quantity) in ids.items():
        item = listed.pop(identity, None)
        trial.check(item is not None, f"{key} was acknowledged as {identity} and is not listed")
        trial.check(Decimal(item["quantity"]) == quantity, f"{key} of {quantity} is listed as {item}")
    trial.check(not listed, f"{len(listed)} records were not acknowledged: {list(listed.values())[:2]}")
    for _, _, key, quantity, _, result in metering.heard:
        if result["Status"] == "DuplicateRecord":
            trial.check(key in ids and ids[key][1] != quantity, f"{key} of {quantity}: no duplicate")


@attack(rounds=1, share=2)
def resets(trial):
    """After a reset's answer nothing is there that was asked for before it, and all that was after."""
    server = trial.server(*(["--data", trial.path("x.db")] if trial.random.random() < 0.5 else []))
    dice = trial.random
    for number in range(8):
        everything = number % 4 != 0
        shop, editor = Shop(server, now=None), Client(server)
        shop.now = instant(editor.control("GET", "clock")["now"])
        metering = Metering(server, shop, dice, lambda dice: (
            dice.choice(BUYERS[:2]), dice.choice(shop.dimensions), dice.randrange(4), 1))
        span = {}

        def act():
            wait_for(metering, dice.randrange(1, 60))
            span["sent"] = metering.tick()
            editor.control("POST", "reset", {"everything": everything})
            span["answered"] = metering.tick()
            wait_for(metering, 20)

        metering.beside(act)
        listed = {item["meteringRecordId"] for item in editor.items("usage", limit=1000)}
        before, after = set(), set()
        for begun, ended, _, _, _, result in metering.acknowledged():
            if ended < span["sent"]:
                before.add(result["MeteringRecordId"])
            if begun > span["answered"]:
                after.add(result["MeteringRecordId"])
        kind = "everything" if everything else "usage"
        trial.check(not listed & before, f"a reset of {kind} left {len(listed & before)} records")
        trial.check(after <= listed, f"a reset of {kind} took {len(after - listed)} later records")
        if everything:
            trial.check(not after, f"without a marketplace {len(after)} reports were taken")
            trial.check(not listed, f"after a reset of everything {len(listed)} records are there")
            check_anew(trial, server)
        editor.control("POST", "reset", {"everything": True})
        for client in (shop.client, editor):
            client.close()


def check_anew(trial, server):
    """A marketplace that is made after a reset knows nothing of the one before."""
    shop = Shop(server, now=None)
    for buyer in BUYERS[:2]:
        for dimension in shop.dimensions:
            record = shop.record(dimension, 77, buyer)
            status, answer = shop.batch(shop.client, [record])
            trial.check(
                status == 200 and answer["Results"][0]["Status"] == "Success",
                f"the first report after a reset of everything is answered {status} {answer}")
    shop.client.close()


@attack(rounds=1, share=1)
def signatures_between(trial):
    """After a jump of the clock, a signature dated between the two times is refused."""
    server = trial.server()
    shop, dice = Shop(server), trial.random
    body = {"UsageRecords": [shop.record("requests", 1)], "ProductCode": shop.products["saas"]}
    for _ in range(20):
        before = instant(shop.client.control("GET", "clock")["now"])
        days = dice.choice([2, 30, 365])
        after = before + timedelta(days=days)
        shop.client.control("PUT", "clock", {"advance": days * 86400})
        between = before + (after - before) * dice.choice([0.1, 0.5, 0.9])
        status, answer = shop.client.call(shop.seller, "BatchMeterUsage", body, moment=between)
        trial.check(
            status == 400 and "InvalidSignature" in answer["__type"],
            f"from {before} to {after}, a signature of {between} is answered {status} {answer}")
        status, answer = shop.client.call(shop.seller, "BatchMeterUsage", body, moment=after)
        trial.check("Signature" not in answer.get("__type", ""), f"one of {after}: {answer}")
    trial.lives(server)


@attack(rounds=0, share=2)
def workloads(trial):
    """The cost of a reset grows with what there is to forget, not with its square."""
    costs = []
    for count in (500, 2000):
        server = trial.server()
        shop = Shop(server)
        body = {"ProductCode": shop.products["container"], "PublicKeyVersion": 1}
        for number in range(count):
            key = shop.key("ecsTask", BUYERS[0], "us-east-1", f"task-{number}")
            status, answer = shop.client.call(key, "RegisterUsage", body)
            trial.check(status == 200, f"RegisterUsage: {status} {answer}")
        before = server.cpu_seconds()
        shop.client.control("POST", "reset", {})
        costs.append(server.cpu_seconds() - before)
        server.kill()
    # Four times as many cost four times as much, or sixteen times.
    trial.check(
        costs[1] <= 8 * costs[0] + 0.3,
        f"a reset of 500 workloads cost {costs[0]:.2f} s of CPU, of 2000 {costs[1]:.2f} s")
