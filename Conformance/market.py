"""A client of Turnpike's control API that sets up what one test needs, under names of its own."""

import json
import random
import string
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

REQUEST_SECONDS = 30


class Problem(Exception):
    """An answer of the control API that is no success."""

    def __init__(self, status, document):
        super().__init__(f"{status}: {document}")
        self.status = status
        self.document = document


class ControlAPI:
    """JSON in, JSON out."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def get(self, path, **query):
        """Reads a resource; a filter that is None is left out."""
        text = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        return self.send("GET", f"{path}?{text}" if text else path)

    def put(self, path, body):
        """Creates or replaces a resource."""
        return self.send("PUT", path, body)

    def post(self, path, body=None):
        """Creates a resource or does something to one."""
        return self.send("POST", path, {} if body is None else body)

    def delete(self, path):
        """Removes a resource."""
        return self.send("DELETE", path)

    def send(self, method, path, body=None):
        """Sends a request and returns the answer's document; raises Problem."""
        request = urllib.request.Request(
            f"{self.endpoint}/control/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise Problem(error.code, text) from error
        return json.loads(text) if text else None


class Market:
    """One seller and whatever its test makes, so that tests do not meet on a shared server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.control = ControlAPI(endpoint)
        self.seller_account = self.account("seller")["accountId"]
        self._seller = None

    @property
    def seller(self):
        """Credentials of the seller's account."""
        if self._seller is None:
            self._seller = self.credential()
        return self._seller

    def account(self, role, **members):
        """Makes an account with an id of its own."""
        account_id = "".join(random.choices(string.digits, k=12))
        body = {"role": role, "name": f"The {role} {account_id}", **members}
        return {"accountId": account_id, **self.control.put(f"accounts/{account_id}", body)}

    def buyer(self, **members):
        """Makes a buyer's account."""
        return self.account("buyer", **members)

    def suspend(self, buyer):
        """Suspends a buyer's account."""
        body = {
            "role": "buyer",
            "name": buyer["name"],
            "customerIdentifier": buyer["customerIdentifier"],
            "suspended": True,
        }
        self.control.put(f"accounts/{buyer['accountId']}", body)

    def product(self, kind="saas", dimensions=("requests", "storage"), **members):
        """Publishes a product of the seller and returns its code."""
        code = product_code()
        body = {
            "type": kind,
            "title": f"The product {code}",
            "sellerAccountId": self.seller_account,
            "dimensions": [d if isinstance(d, dict) else {"name": d} for d in dimensions],
            **members,
        }
        self.control.put(f"products/{code}", body)
        return code

    def agreement(self, product, buyer, **members):
        """Makes an agreement that began two days ago, unless told otherwise."""
        body = {
            "productCode": product,
            "buyerAccountId": buyer["accountId"],
            "startsAt": iso(self.now() - timedelta(days=2)),
            **members,
        }
        return self.control.post("agreements", body)

    def cancel(self, agreement, **members):
        """Cancels an agreement, now unless told otherwise."""
        return self.control.post(f"agreements/{agreement['agreementId']}/cancel", members)

    def token(self, agreement, **members):
        """Makes the registration token that AWS would hand to the buyer's browser."""
        body = {"agreementId": agreement["agreementId"], **members}
        return self.control.post("registration-tokens", body)

    def credential(self, account=None, **members):
        """Makes credentials of an account, the seller's by default."""
        account_id = self.seller_account if account is None else account["accountId"]
        principal = {"kind": "account", "accountId": account_id}
        return self.control.post("credentials", {"principal": principal, **members})

    def workload(self, kind, buyer, region="us-east-1", resource=None, **members):
        """Makes credentials of a workload that runs in the buyer's account."""
        principal = {"kind": kind, "accountId": buyer["accountId"], "region": region}
        if resource is not None:
            principal["resourceId"] = resource
        return self.control.post("credentials", {"principal": principal, **members})

    def usage(self, product, **filters):
        """What is recorded of a product."""
        return self.control.get("usage", productCode=product, **filters)["items"]

    def totals(self, product, group_by, **filters):
        """Sums of what is recorded of a product."""
        query = {"productCode": product, "groupBy": group_by, **filters}
        return self.control.get("usage/totals", **query)["items"]

    def now(self):
        """What the marketplace's clock shows, cut to whole seconds as the SDK cuts them."""
        text = self.control.get("clock")["now"]
        return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(microsecond=0)


def empty_market(endpoint, now=None):
    """A marketplace that has only a seller; for a server that no other test uses."""
    ControlAPI(endpoint).post("reset", {"everything": True})
    market = Market(endpoint)
    if now is not None:
        Clock(market.control).freeze(now)
    return market


class Clock:
    """The marketplace's clock; only for a server that no other test uses."""

    def __init__(self, control):
        self.control = control

    def freeze(self, now):
        """Stops the clock at a moment."""
        self.control.put("clock", {"mode": "frozen", "now": iso(now)})

    def advance(self, **duration):
        """Moves the clock ahead by a duration in the words of timedelta."""
        self.control.put("clock", {"advance": int(timedelta(**duration).total_seconds())})


def product_code():
    """A code of the form that AWS issues."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=25))


def iso(moment):
    """A moment as the control API writes it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
