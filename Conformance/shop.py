"""A small shop: what the tests of BatchMeterUsage report usage of."""

from clients import metering, refusal


class Shop:
    """A SaaS product with one buyer, and the SDK client of its seller."""

    def __init__(self, market, **members):
        self.market = market
        self.product = market.product(**members)
        self.buyer = market.buyer()
        self.agreement = market.agreement(self.product, self.buyer)
        self.client = metering(market)
        self.now = market.now()

    def record(self, **members):
        """A usage record of the buyer; a member that is None is left out."""
        record = {
            "Timestamp": self.now,
            "CustomerAWSAccountId": self.buyer["accountId"],
            "Dimension": "requests",
            "Quantity": 3,
            **members,
        }
        return {name: value for name, value in record.items() if value is not None}

    def licensed(self, **members):
        """A usage record that names the agreement's licence."""
        return self.record(LicenseArn=self.agreement["licenseArn"], **members)

    def meter(self, *records, client=None):
        """Reports by product code."""
        client = self.client if client is None else client
        return client.batch_meter_usage(ProductCode=self.product, UsageRecords=list(records))

    def refused(self, *records, **parameters):
        """Reports by product code what must fail as a whole, and leave nothing behind."""
        request = {"ProductCode": self.product, "UsageRecords": list(records), **parameters}
        request = {name: value for name, value in request.items() if value is not None}
        answer = refusal(self.client.batch_meter_usage, **request)
        assert self.market.usage(self.product) == []
        return answer


def statuses(answer):
    """The statuses in the order of the results."""
    return [result["Status"] for result in answer["Results"]]
