"""Edits of the marketplace against metering, at the same time."""

from datetime import timedelta
from decimal import Decimal

from market import BUYERS, SELLER, Client, Problem, Shop, instant
from metering import Metering
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


@attack(rounds=1, share=2)
def keys(trial):
    """Edits of all kinds beside reports of few keys: each key has one record, and one id."""
    server = trial.server("--data", trial.path("x.db"))
    shop, editor, dice = Shop(server), Client(server), trial.random
    metering = Metering(server, shop, dice, lambda dice: (
        dice.choice(BUYERS[:2]), dice.choice(shop.dimensions), dice.randrange(4),
        dice.choice([1, 1, 2])))
    product, offered = shop.products["saas"], list(shop.dimensions)

    def edits():
        for number in range(200):
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
                offered.append(f"extra-{number}")
                shop.put_product(editor, product, "saas", offered)
            else:
                editor.control("PUT", "clock", {"advance": 1})
            metering.wait_for(5)

    metering.beside(edits)
    listed = {item["meteringRecordId"]: item for item in editor.items("usage", limit=1000)}
    ids = {}
    for report in metering.reports:
        key, told = report.key, (report.identity, report.quantity)
        trial.check(report.status == 200, f"{report}")
        if report.identity:
            first = ids.setdefault(key, told)
            trial.check(told == first, f"{key} was recorded as {first}, and as {told}")
    for key, (identity, quantity) in ids.items():
        item = listed.pop(identity, None)
        trial.check(item is not None, f"{key} was acknowledged as {identity} and is not listed")
        told = Decimal(item["quantity"])
        trial.check(told == quantity, f"{key} of {quantity} is listed as {item}")
    trial.check(
        not listed, f"{len(listed)} records were not acknowledged: {list(listed.values())[:2]}")
    for report in metering.reports:
        if report.result["Status"] == "DuplicateRecord":
            is_one = report.key in ids and ids[report.key][1] != report.quantity
            trial.check(is_one, f"{report}, but recorded is {ids.get(report.key)}")


@attack(rounds=1, share=2)
def resets(trial):
    """After a reset nothing is there of before it, and all that was reported after it."""
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
            metering.wait_for(dice.randrange(1, 60))
            span["sent"] = metering.tick()
            editor.control("POST", "reset", {"everything": everything})
            span["answered"] = metering.tick()
            metering.wait_for(20)

        metering.beside(act)
        listed = {item["meteringRecordId"] for item in editor.items("usage", limit=1000)}
        before, after = set(), set()
        for report in metering.reports:
            if report.identity and report.ended < span["sent"]:
                before.add(report.identity)
            if report.identity and report.begun > span["answered"]:
                after.add(report.identity)
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
