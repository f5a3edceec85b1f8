"""Signed operations, compared with a model of the ledger."""

import json
from datetime import timedelta

import values
from ledger import Ledger
from market import BUYERS, Shop
from signer import signed
from trial import attack

REGIONS = ["us-east-1", "eu-west-1"]
QUANTITIES = [0, 1, 2, 3, 7, 2_147_483_647, "0", "1", "1.0", "0.5", "0.000001", "7.25", None]


class Reports:
    """Requests of a few keys only, so that many meet what is there."""

    def __init__(self, trial, shop):
        self.random = trial.random
        self.shop = shop

    def quantity(self, whole, decimal):
        """A quantity in one of its two forms, or none."""
        value = self.random.choice(QUANTITIES)
        if value is None:
            return {}
        return {whole: value} if isinstance(value, int) else {decimal: value}

    def stamp(self, hours):
        """A timestamp in one of the hours that are open."""
        moment = self.shop.now - timedelta(hours=self.random.choice(hours))
        return int(moment.timestamp()) - self.random.choice([0, 1, 59, 1799])

    def batch(self):
        """Records of BatchMeterUsage, by product or by licence."""
        random, product = self.random, self.shop.products["saas"]
        by_license = random.random() < 0.3
        records = []
        for _ in range(random.choice([1, 1, 2, 5, 25])):
            buyer = random.choice(BUYERS[:-1] if by_license else BUYERS)
            record = {
                "Timestamp": self.stamp([0, 1, 2, 23]), "CustomerAWSAccountId": buyer,
                "Dimension": random.choice(self.shop.dimensions),
                **self.quantity("Quantity", "QuantityAsDecimal")}
            if by_license:
                record["LicenseArn"] = self.shop.licenses[product, buyer]
            if random.random() < 0.2 and 0 < record.get("Quantity", 0) < 100:
                record["UsageAllocations"] = allocations(record["Quantity"])
            records.append(record)
        return records, {} if by_license else {"ProductCode": product}

    def meter(self):
        """A credential, its owner, and a MeterUsage."""
        random = self.random
        kind, product = random.choice(
            [("ec2Instance", "ami"), ("ecsTask", "container"), ("agentCoreRuntime", "agentCore")])
        request = {
            "ProductCode": self.shop.products[product], "Timestamp": self.stamp([0, 1, 5]),
            "UsageDimension": random.choice(self.shop.dimensions),
            **(self.quantity("UsageQuantity", "UsageQuantityAsDecimal") or {"UsageQuantity": 5})}
        if kind == "agentCoreRuntime" or random.random() < 0.4:
            request["ClientToken"] = f"token-{random.randrange(12)}"
        if random.random() < 0.05:
            request["DryRun"] = True
        return self.shop.workloads[kind], (BUYERS[0], f"{kind}-1", "us-east-1"), request


def allocations(quantity):
    """Parts that sum up."""
    return [
        {"AllocatedUsageQuantity": 1, "Tags": [{"Key": "team", "Value": "a"}]},
        {"AllocatedUsageQuantity": quantity - 1, "Tags": [{"Key": "team", "Value": "b"}]}]


SPOILERS = [
    {"Dimension": "nosuch"}, {"Dimension": ""}, {"Quantity": -1}, {"Quantity": 2_147_483_648},
    {"Quantity": "x"}, {"Timestamp": 1}, {"Timestamp": "2027-03-10T12:00:00Z"}, {"Timestamp": None},
    {"CustomerAWSAccountId": None}, {"LicenseArn": "arn:aws:license-manager::1:license:l-none"},
    {"UsageAllocations": allocations(99)}, {"UsageAllocations": []},
    {"Quantity": 1, "QuantityAsDecimal": "1"}]


@attack(rounds=2, share=4)
def ledger(trial):
    """Random reports and repetitions; answers, lists and sums are those of the model."""
    data = ["--data", trial.path("market.db")] if trial.random.random() < 0.6 else []
    server = trial.server(*data)
    shop, ledger, random = Shop(server), Ledger(), trial.random
    reports, sent = Reports(trial, shop), []
    for _ in range(250):
        if sent and random.random() < 0.15:
            # Sent again to the byte, in its turn among the others.
            report(trial, shop, ledger, random.choice(sent))
            continue
        batch = reports.batch() if random.random() < 0.5 else None
        spoiler = random.choice(SPOILERS) if random.random() < 0.1 else None
        request = (batch, reports.meter(), random.choice(REGIONS), spoiler)
        sent.append(request)
        report(trial, shop, ledger, request)
    trial.check(len(ledger.records) > 50, f"only {len(ledger.records)} records came about")
    wrong = ledger.compare(shop.client)
    trial.check(wrong is None, wrong)
    if data:
        server.kill()
        server.start()
        shop.client.close()
        for request in random.sample(sent, 60):
            report(trial, shop, ledger, request)
        wrong = ledger.compare(shop.client)
        trial.check(wrong is None, f"after a kill and a start: {wrong}")
    trial.ends_well(server)


def report(trial, shop, ledger, request):
    """Sends one request and lets the model judge the answer."""
    batch, (key, owner, meter), region, spoiler = request
    if batch is None:
        status, answer = shop.client.call(key, "MeterUsage", meter)
        wrong = ledger.metered(meter, owner, status, answer)
        trial.check(
            wrong is None, f"MeterUsage {meter} of {owner} is answered {status} {answer}: {wrong}")
        return
    records, rest = batch
    if spoiler is not None:
        spoilt = records[:-1] + [{**records[-1], **spoiler}]
        body = {"UsageRecords": spoilt, **rest}
        status, answer = shop.client.call(shop.seller, "BatchMeterUsage", body, region=region)
        trial.check(status == 400, f"{status} {answer} answers {body}")
        return
    body = {"UsageRecords": records, **rest}
    status, answer = shop.client.call(shop.seller, "BatchMeterUsage", body, region=region)
    trial.check(status == 200, f"{status} {answer} answers {body}")
    known = [{**record, "product": shop.products["saas"]} for record in records]
    wrong = ledger.batch(known, answer["Results"], region)
    trial.check(wrong is None and not answer["UnprocessedRecords"], f"{wrong} {answer}")


RECORD = ["Timestamp", "CustomerAWSAccountId", "CustomerIdentifier", "Dimension", "Quantity",
          "QuantityAsDecimal", "LicenseArn", "UsageAllocations"]
METER = ["ProductCode", "Timestamp", "UsageDimension", "UsageQuantity", "UsageQuantityAsDecimal",
         "DryRun", "UsageAllocations", "ClientToken"]


@attack(rounds=2, share=3)
def edges(trial):
    """Edge values in every member; nothing fails, and what is acknowledged is what is recorded."""
    data = ["--data", trial.path("market.db")] if trial.random.random() < 0.5 else []
    server = trial.server(*data)
    shop, random = Shop(server), trial.random
    reports, acknowledged = Reports(trial, shop), set()
    for _ in range(500):
        key, operation, body = edgy(random, shop, reports)
        data = body.encode("utf-8", "surrogatepass")
        fields = signed(key, "{}:{}".format(*server.address), operation, data)
        answer = trial.ask(shop.client, "POST", "/", data, fields)
        what = f"{operation} {data[:1500]!r} is answered {answer!r}"
        trial.check(answer.status in (200, 400, 413), what)
        document = answer.json()
        if answer.status == 200:
            found = [document.get("MeteringRecordId")]
            found += [result.get("MeteringRecordId") for result in document.get("Results", [])]
            acknowledged.update(id for id in found if id not in (None, "DryRunOperation"))
        else:
            trial.check("__type" in document, what)
    listed = [item["meteringRecordId"] for item in shop.client.items("usage", limit=1000)]
    trial.check(len(listed) == len(set(listed)), "a record is listed twice")
    trial.check(
        set(listed) == acknowledged,
        f"{len(acknowledged)} were acknowledged and {len(listed)} are listed;"
        f" they differ in {sorted(acknowledged ^ set(listed))[:5]}")
    trial.ends_well(server)


def edgy(random, shop, reports):
    """A credential, an operation, and a body with a few members that are odd."""
    operation = random.choice(
        ["BatchMeterUsage", "BatchMeterUsage", "MeterUsage", "ResolveCustomer", "RegisterUsage"])
    key = shop.seller
    if operation == "BatchMeterUsage":
        records, rest = reports.batch()
        texts = [odd(random, record, RECORD) for record in records]
        rest = odd(random, rest, ["ProductCode"]) if random.random() < 0.1 else json.dumps(rest)
        comma = "," if rest != "{}" else ""
        body = '{"UsageRecords":[' + ",".join(texts) + "]" + comma + rest[1:]
    elif operation == "MeterUsage":
        key, _, request = reports.meter()
        body = odd(random, request, METER)
    elif operation == "ResolveCustomer":
        body = odd(random, {"RegistrationToken": "x"}, ["RegistrationToken"])
    else:
        # Never quite right: a first success makes a key, which takes seconds.
        body = '{"ProductCode":"nosuch","PublicKeyVersion":%s}' % values.anything(random)
    return key, operation, body if random.random() < 0.97 else values.anything(random)


def odd(random, members, names):
    """An object's text in which now and then a member is not what it should be."""
    texts = {name: json.dumps(value) for name, value in members.items()}
    while random.random() < 0.25:
        texts[random.choice(names)] = values.anything(random)
    return "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"


@attack(rounds=1, share=1)
def containers(trial):
    """A container's hours and a registration token: each is told once, and rightly."""
    server = trial.server("--data", trial.path("market.db"))
    shop = Shop(server)
    body = {"ProductCode": shop.products["container"], "PublicKeyVersion": 1}
    for _ in range(trial.random.randrange(1, 4)):
        status, answer = shop.client.call(shop.workloads["ecsTask"], "RegisterUsage", body)
        trial.check(
            status == 200 and answer["Signature"].count(".") == 2, f"RegisterUsage: {answer}")
    code, buyer = shop.products["saas"], trial.random.choice(BUYERS[:-1])
    made = shop.client.control(
        "POST", "registration-tokens", {"productCode": code, "buyerAccountId": buyer})
    for _ in range(2):
        body = {"RegistrationToken": made["token"]}
        status, answer = shop.client.call(shop.seller, "ResolveCustomer", body)
        trial.check(status == 200, f"ResolveCustomer: {status} {answer}")
        told = [answer.get(name) for name in ("CustomerAWSAccountId", "ProductCode", "LicenseArn")]
        trial.check(told == [buyer, code, shop.licenses[code, buyer]], f"the token tells {told}")
    steps = trial.random.choice([[5400], [1800, 3600], [1, 1799, 1, 3599], [600] * 9])
    for number, seconds in enumerate(steps):
        shop.client.control("PUT", "clock", {"advance": seconds})
        if number == len(steps) // 2:
            server.kill()
            server.start()
            shop.client.close()
    runs = shop.client.items("usage", productCode=shop.products["container"])
    told = [(run["hour"], run["quantity"], run["operation"]) for run in runs]
    # It was registered at half past twelve, and ran all of the hour after.
    wanted = [("2027-03-10T12:00:00Z", "1800", "RegisterUsage"),
              ("2027-03-10T13:00:00Z", "3600", "RegisterUsage")]
    trial.check(told == wanted, f"it ran 1800 and 3600 s, and the records are {told}")


@attack(rounds=1, share=1)
def cbor(trial):
    """Random and broken CBOR at the entitlement service's path."""
    server, random = trial.server(), trial.random
    shop = Shop(server)
    path = "/service/AWSMPEntitlementService/operation/GetEntitlements"
    seed = b"\xbf\x6bProductCode\x6bsaasproduct\xff"
    for _ in range(400):
        body = bytearray(seed)
        for _ in range(random.randrange(6)):
            place = random.randrange(len(body) + 1)
            body[place:place + random.randrange(3)] = random.choice(
                [random.randbytes(1), b"\x9f", b"\xbf", b"\xff", b"\x5b\x7f" + b"\xff" * 7,
                 b"\x9b" + b"\xff" * 8, b"\x81" * random.choice([31, 33, 5000]), b"\xc1\xfb",
                 b"\xf9"])
        fields = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"),
                  ("Authorization", f"AWS4-HMAC-SHA256 Credential={shop.seller['accessKeyId']}/x")]
        answer = trial.ask(shop.client, "POST", path, bytes(body), fields)
        trial.check(answer.status == 400, f"{bytes(body[:500])!r} is answered {answer!r}")
    trial.lives(server)


@attack(rounds=1, share=1)
def allocations_page(trial):
    """Records as large as they may be can still be listed, all of them."""
    server = trial.server()
    shop = Shop(server)
    count = 120
    for number in range(count):
        parts = [{"AllocatedUsageQuantity": 1, "Tags": [{"Key": "k", "Value": f"{n:0256}"}]}
                 for n in range(2300)]
        record = shop.record(shop.dimensions[number // 40], 2300, BUYERS[number // 20 % 2],
                             number % 20, UsageAllocations=parts)
        status, answer = shop.batch(shop.client, [record])
        trial.check(status == 200, f"{status} {answer}")
    status, text = trial.command("usage", "--endpoint", server.url)
    trial.check(
        status == 0 and text.count("2300") == count,
        f"`turnpike usage` of {count} records of half a megabyte ends with {status}: {text[:300]}")
