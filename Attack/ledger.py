"""The oracle: what the ledger must hold, and each answer that follows from it."""

from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

from market import BUYERS

# Members of a record of `GET /control/v1/usage` that the model knows.
MEMBERS = ["operation", "productCode", "buyerAccountId", "dimension", "region", "licenseArn",
           "resourceId", "hour"]


class Ledger:
    """First write wins for a key, and a ClientToken's first answer is its answer."""

    def __init__(self):
        # By key: the quantity that was first, and its id.
        self.first = {}
        # By id: the members that the control API must show, and the quantity.
        self.records = {}
        # By owner and token: the request, and its id.
        self.tokens = {}

    def batch(self, records, results, region):
        """Takes the answered results of a batch; gives what is wrong with one, or None."""
        if len(results) != len(records):
            return f"{len(results)} results for {len(records)} records"
        for record, result in zip(records, results):
            if wrong := self.batched(record, result, region):
                return f"{record} is answered {result}: {wrong}"
        return None

    def batched(self, record, result, region):
        """Takes one result."""
        identity, status = result.get("MeteringRecordId"), result.get("Status")
        if record["CustomerAWSAccountId"] == BUYERS[-1]:
            return None if status == "CustomerNotSubscribed" and not identity else "not subscribed"
        shown = {
            "operation": "BatchMeterUsage", "productCode": record["product"],
            "buyerAccountId": record["CustomerAWSAccountId"], "dimension": record["Dimension"],
            "region": region, "licenseArn": record.get("LicenseArn"), "resourceId": None,
            "hour": hour(record["Timestamp"])}
        quantity = quantity_of(record, "Quantity", "QuantityAsDecimal")
        return self.decide(shown, quantity, identity, status, "DuplicateRecord")

    def metered(self, request, owner, status, answer):
        """Takes the answer of a MeterUsage; gives what is wrong with it, or None."""
        account, resource, region = owner
        identity = answer.get("MeteringRecordId")
        error = answer.get("__type", "").rpartition("#")[2]
        said = "Success" if status == 200 else error
        if request.get("DryRun"):
            return None if identity == "DryRunOperation" else "a dry run"
        token = request.get("ClientToken")
        quantity = quantity_of(request, "UsageQuantity", "UsageQuantityAsDecimal")
        same = (request["ProductCode"], request["Timestamp"], request["UsageDimension"], quantity)
        if token is not None and (*owner, token) in self.tokens:
            known, first = self.tokens[*owner, token]
            if known != same:
                return None if said == "IdempotencyConflictException" else "the token's conflict"
            return None if identity == first else f"the token's first answer was {first}"
        shown = {
            "operation": "MeterUsage", "productCode": request["ProductCode"],
            "buyerAccountId": account, "dimension": request["UsageDimension"], "region": region,
            "licenseArn": None, "resourceId": resource, "hour": hour(request["Timestamp"])}
        is_keyed = not request["ProductCode"].startswith("agentCore")
        wrong = self.decide(
            shown, quantity, identity, said, "DuplicateRequestException", is_keyed)
        if wrong is None and said == "Success" and token is not None:
            self.tokens[*owner, token] = (same, identity)
        return wrong

    def decide(self, shown, quantity, identity, said, conflict, is_keyed=True):
        """Whether the answer follows from what was first, which it may become."""
        key = tuple(shown.values()) if is_keyed else (identity,)
        known = self.first.get(key)
        if known is None:
            if said != "Success" or not identity or identity in self.records:
                return "it is new"
            self.first[key] = (quantity, identity)
            self.records[identity] = (shown, quantity)
            return None
        if known[0] == quantity:
            fits = said == "Success" and identity == known[1] and is_keyed
            return None if fits else f"the same was recorded as {known[1]}"
        fits = said == conflict and not identity
        return None if fits else f"{known[0]} was recorded as {known[1]}"

    def compare(self, client):
        """What the control API tells wrongly about all records and their sums, or None."""
        listed = client.items("usage", limit=1000)
        identities = [item["meteringRecordId"] for item in listed]
        if len(set(identities)) != len(identities):
            return "a record is listed twice"
        if missing := set(self.records) - set(identities):
            return f"{len(missing)} of {len(self.records)} acknowledged records are not listed," \
                f" such as {self.records[min(missing)]}"
        for item in listed:
            known = self.records.get(item["meteringRecordId"])
            if known is None:
                return f"a record that was never acknowledged: {item}"
            shown = {name: item.get(name) for name in MEMBERS}
            if shown != known[0] or Decimal(item["quantity"]) != known[1]:
                return f"{known} is listed as {item}"
        for group in ([], ["dimension"], ["productCode", "buyerAccountId"], ["licenseArn"],
                      ["resourceId", "hour"], ["region", "productCode", "dimension"]):
            if wrong := self.compare_totals(client, group):
                return wrong
        return None

    def compare_totals(self, client, group):
        """Compares one grouping of sums."""
        wanted = defaultdict(lambda: [Decimal(0), 0])
        for shown, quantity in self.records.values():
            total = wanted[tuple(shown[name] for name in group)]
            total[0] += quantity
            total[1] += 1
        told = {
            tuple(item.get(name) for name in group): [Decimal(item["quantity"]), item["records"]]
            for item in client.items("usage/totals", groupBy=",".join(group) or None, limit=1000)}
        if not self.records:
            told = {key: total for key, total in told.items() if total[1]}
        return None if told == wanted else \
            f"sums by {group} are {told}, and should be {dict(wanted)}"


def quantity_of(record, whole, decimal):
    """The quantity in whichever form it was sent; 0 where it was not."""
    return Decimal(str(record.get(whole, record.get(decimal, 0))))


def hour(timestamp):
    """The hour of a timestamp, as the control API writes it."""
    moment = datetime.fromtimestamp(int(timestamp) // 3600 * 3600, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
