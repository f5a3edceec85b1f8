"""A client of the control API and of the operations, and a small marketplace to attack."""

import json
import urllib.parse
from datetime import datetime, timedelta, timezone

from signer import signed
from wire import Broken, Connection

SELLER = "111122223333"
BUYERS = ["222233334444", "333344445555", "444455556666"]
DIMENSIONS = ["requests", "users", "nodes"]
# Stands still unless a round moves it, so that no round depends on the hour it runs in.
NOON = "2027-03-10T12:30:00Z"


class Problem(Exception):
    """An answer of the control API that is no success."""

    def __init__(self, answer):
        super().__init__(repr(answer))
        self.status = answer.status


class Client:
    """One connection to a server, made anew where it was closed; not for two threads at once."""

    def __init__(self, server):
        self.server = server
        self.connection = None

    def close(self):
        """Closes the connection."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def ask(self, method, target, body=None, fields=()):
        """Sends a request once and gives the answer; the connection is kept."""
        if self.connection is None:
            self.connection = Connection(self.server.address)
        try:
            answer = self.connection.ask(method, target, body, fields)
        except (Broken, OSError):
            self.close()
            raise
        if (answer.field("connection") or "").lower() == "close":
            self.close()
        return answer

    def control(self, method, path, body=None, **query):
        """Asks the control API and gives the document; raises Problem."""
        query = {name: value for name, value in query.items() if value is not None}
        target = f"/control/v1/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        answer = self.ask(method, target, data)
        if answer.status >= 300:
            raise Problem(answer)
        return answer.json()

    def items(self, path, **query):
        """All items of a list, page by page."""
        items, cursor = [], None
        while True:
            page = self.control("GET", path, cursor=cursor, **query)
            items += page["items"]
            if page["nextCursor"] is None or not page["items"]:
                return items
            if page["nextCursor"] == cursor:
                raise Broken(f"{path} gives the cursor {cursor} again")
            cursor = page["nextCursor"]

    def call(self, key, operation, body, **options):
        """Sends a signed request and gives status and document."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        host = "{}:{}".format(*self.server.address)
        answer = self.ask("POST", "/", data, signed(key, host, operation, data, **options))
        return answer.status, answer.json()


class Shop:
    """A seller with a product of each type, buyers with agreements, and credentials of all."""

    def __init__(self, server, now=NOON, dimensions=tuple(DIMENSIONS)):
        self.client = client = Client(server)
        if now is not None:
            client.control("PUT", "clock", {"mode": "frozen", "now": now})
        self.now = instant(client.control("GET", "clock")["now"])
        self.dimensions = list(dimensions)
        client.control("PUT", f"accounts/{SELLER}", {"role": "seller", "name": "Seller"})
        for number, buyer in enumerate(BUYERS):
            client.control("PUT", f"accounts/{buyer}", {"role": "buyer", "name": f"B{number}"})
        kinds = ("saas", "ami", "container", "agentCore")
        self.products = {kind: kind + "product" for kind in kinds}
        for kind, code in self.products.items():
            self.put_product(client, code, kind, self.dimensions)
        self.licenses = {}
        start = iso(self.now - timedelta(days=30))
        for code in self.products.values():
            # The last buyer is subscribed to nothing.
            for buyer in BUYERS[:-1]:
                made = client.control("POST", "agreements", {
                    "productCode": code, "buyerAccountId": buyer, "startsAt": start,
                    "agreementId": f"agmt-{code}-{buyer}"})
                self.licenses[code, buyer] = made["licenseArn"]
        self.seller = self.key("account", SELLER)
        self.workloads = {
            kind: self.key(kind, BUYERS[0], "us-east-1", f"{kind}-1")
            for kind in ("ec2Instance", "ecsTask", "agentCoreRuntime")}

    @staticmethod
    def put_product(client, code, kind, dimensions):
        """Makes or replaces a product."""
        return client.control("PUT", f"products/{code}", {
            "type": kind, "title": code, "sellerAccountId": SELLER,
            "fulfillmentURL": "http://127.0.0.1:9/register",
            "dimensions": [{"name": name} for name in dimensions]})

    def key(self, kind, account, region=None, resource=None):
        """Makes a credential."""
        principal = {"kind": kind, "accountId": account}
        if region is not None:
            principal |= {"region": region, "resourceId": resource}
        return self.client.control("POST", "credentials", {"principal": principal})

    def record(self, dimension, quantity, buyer=BUYERS[0], hours=0, **members):
        """A usage record, so many hours before the marketplace's time."""
        stamp = int((self.now - timedelta(hours=hours)).timestamp())
        return {
            "Timestamp": stamp, "CustomerAWSAccountId": buyer, "Dimension": dimension,
            "Quantity": quantity, **members}

    def batch(self, client, records, **members):
        """BatchMeterUsage for the product, unless the records name licences."""
        body = {"UsageRecords": records, **members}
        if not any("LicenseArn" in record for record in records):
            body.setdefault("ProductCode", self.products["saas"])
        return client.call(self.seller, "BatchMeterUsage", body)


def instant(text):
    """A moment of the control API's form."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


def iso(moment):
    """A moment as the control API writes it, without fractions."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
