"""Everything that a server tells of a marketplace, and what is right about it."""

import json
from datetime import timedelta

from market import BUYERS, Client, Shop

LISTS = ["accounts", "products", "agreements", "credentials", "registration-tokens", "events",
         "event-targets", "deliveries", "workloads"]
IDENTIFIERS = {"accounts": "accountId", "products": "productCode", "agreements": "agreementId",
               "credentials": "accessKeyId", "registration-tokens": "tokenId",
               "event-targets": "targetId"}
GROUPS = ["", "?groupBy=productCode,dimension", "?groupBy=buyerAccountId,day",
          "?groupBy=hour,licenseArn", "?groupBy=resourceId,region,month"]


class Witness:
    """A marketplace that was made, what was reported to it, and what was answered then."""

    def __init__(self, server, random, reports):
        self.shop = Shop(server)
        self.random = random
        self.sent = []
        shop, client = self.shop, self.shop.client
        # Deliveries that wait for a day, so that nothing about them changes meanwhile.
        client.control("PUT", "event-targets/late", {
            "kind": "webhook", "url": "http://127.0.0.1:9/",
            "disturbance": {"delaySeconds": 86400}})
        for buyer in BUYERS[:-1]:
            client.control("POST", f"accounts/{buyer}/suspend", {})
            client.control("POST", f"accounts/{buyer}/resume", {})
            client.control("POST", "registration-tokens", {
                "productCode": shop.products["saas"], "buyerAccountId": buyer})
        for number in range(reports):
            self.report(client, number)
        self.questions = self.answers = None

    def report(self, client, number):
        """Reports usage of a key that is new, and remembers request and answer."""
        shop, random = self.shop, self.random
        hours, kind = number // 12 % 20, number % 4
        dimension, buyer = shop.dimensions[number % 3], BUYERS[number // 3 % 2]
        if kind < 2:
            record = shop.record(dimension, number, buyer, hours)
            if kind:
                record["LicenseArn"] = shop.licenses[shop.products["saas"], buyer]
            if number % 5 == 0 and number:
                record["UsageAllocations"] = [
                    {"AllocatedUsageQuantity": number, "Tags": [{"Key": "team", "Value": "a"}]}]
            body = {"UsageRecords": [record]}
            if not kind:
                body["ProductCode"] = shop.products["saas"]
            request = (shop.seller, "BatchMeterUsage", body)
        else:
            pairs = ("ec2Instance", "ami"), ("agentCoreRuntime", "agentCore")
            workload, product = pairs[kind - 2]
            stamp = int((shop.now - timedelta(hours=hours % 6)).timestamp())
            request = (shop.workloads[workload], "MeterUsage", {
                "ProductCode": shop.products[product], "Timestamp": stamp,
                "UsageDimension": dimension, "UsageQuantity": 1,
                "ClientToken": f"{number}-{random.getrandbits(40):x}"})
        status, answer = client.call(*request)
        assert status == 200, (request, answer)
        self.sent.append((request, identity(answer)))

    def learn(self, server):
        """Takes an undamaged server's answers for the right ones."""
        client = Client(server)
        paths = [f"{name}?limit=1000" for name in LISTS]
        for name, member in IDENTIFIERS.items():
            paths += [f"{name}/{item[member]}" for item in client.items(name)]
        filters = [f"dimension={name}" for name in self.shop.dimensions]
        filters += [f"buyerAccountId={buyer}" for buyer in BUYERS]
        filters += [f"productCode={code}" for code in self.shop.products.values()]
        filters += ["region=us-east-1", "region=nowhere", "resourceId=ec2Instance-1",
                    "from=2027-03-10T09:00:00Z", "to=2027-03-10T05:00:00Z"]
        paths += ["usage?limit=1000"] + [f"usage?limit=1000&{filter}" for filter in filters]
        paths += [f"usage/totals{group}" for group in GROUPS]
        paths += [f"usage/totals?{filter}" for filter in filters]
        self.questions = paths
        self.answers = {path: self.ask(client, path) for path in paths}
        client.close()

    @staticmethod
    def ask(client, path):
        """The bytes of an answer, or None for a refusal that gives a reason."""
        answer = client.ask("GET", f"/control/v1/{path}")
        if answer.status in (500, 503) and answer.json().get("detail"):
            return None
        return answer.status, answer.body

    def judge(self, server):
        """How many answers were refused, and what was wrong with the others."""
        client, refused, wrong = Client(server), 0, []
        for path in self.questions:
            told = self.ask(client, path)
            if told is None:
                refused += 1
            elif told != self.answers[path]:
                wrong.append(f"{path}: {told[0]} {difference(told[1], self.answers[path][1])}")
        for request, known in self.sent:
            status, answer = client.call(*request)
            if is_refusal(status, answer):
                refused += 1
            elif status != 200 or identity(answer) != known:
                wrong.append(f"{request[1:]} of {known}, sent again: {status} {answer}")
        refused += self.judge_new(client, wrong)
        client.close()
        return refused, wrong

    def judge_new(self, client, wrong):
        """Reports new usage, whose records must be those of its buyers."""
        refused, wanted = 0, []
        for number, buyer in enumerate(BUYERS[:-1]):
            for dimension in self.shop.dimensions:
                record = self.shop.record(dimension, 900 + number, buyer, 22)
                status, answer = self.shop.batch(client, [record])
                if is_refusal(status, answer):
                    refused += 1
                elif status == 200 and identity(answer):
                    wanted.append([buyer, dimension, str(900 + number)])
                else:
                    wrong.append(f"new usage: {status} {answer}")
        span = "from=2027-03-09T14:00:00Z&to=2027-03-10T12:00:00Z"
        told = self.ask(client, f"usage?limit=1000&{span}")
        if told is None:
            return refused + 1
        listed = [[item.get(name) for name in ("buyerAccountId", "dimension", "quantity")]
                  for item in json.loads(told[1]).get("items", [])]
        listed = [members for members in listed if str(members[2]).startswith("90")]
        if sorted(map(str, listed)) != sorted(map(str, wanted)):
            wrong.append(f"new usage {wanted} is listed as {listed}")
        return refused


def identity(answer):
    """The id that a single report was acknowledged with, or None."""
    results = answer.get("Results") or [{}]
    return answer.get("MeteringRecordId") or results[0].get("MeteringRecordId")


def is_refusal(status, answer):
    """Whether a report was refused for the store's sake."""
    return status == 500 and "InternalServiceError" in answer.get("__type", "") or (
        status == 200 and bool(answer.get("UnprocessedRecords")))


def difference(told, known):
    """The first place in which two answers differ, with what is around it."""
    pairs = enumerate(zip(told, known))
    place = next((n for n, (a, b) in pairs if a != b), min(len(told), len(known)))
    around = slice(max(place - 60, 0), place + 60)
    return f"{len(told)} bytes, not {len(known)}: …{told[around]!r}, not …{known[around]!r}"
