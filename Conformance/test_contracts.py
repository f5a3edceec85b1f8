"""The dated contracts: a product's member `contract` says which rules its requests meet.

The requests are written by hand, so that every SDK's suite tests every contract.
"""

from datetime import timedelta

import pytest

import messages
from clients import raw

JAN_2025, OCT_2025, FEB_2026, JUL_2026, OCT_2026 = CONTRACTS = [
    "2025-01",
    "2025-10",
    "2026-02",
    "2026-07",
    "2026-10",
]


class Deal:
    """A product under one contract, and its buyer."""

    def __init__(self, market, contract, kind="saas", **members):
        self.market = market
        self.product = market.product(kind, contract=contract, **members)
        self.buyer = market.buyer()
        self.agreement = market.agreement(self.product, self.buyer)
        self.now = market.now()

    def seconds(self, **age):
        """A timestamp of this age, as a number."""
        return int((self.now - timedelta(**age)).timestamp())

    def batch(self, by_code=True, age=None, **members):
        """Reports one record of the buyer."""
        record = {"Timestamp": self.seconds(**(age or {})), "Dimension": "requests", **members}
        body = {"UsageRecords": [record]}
        if by_code:
            body["ProductCode"] = self.product
        return raw(self.market, "BatchMeterUsage", body)

    @property
    def by_account(self):
        """The member that names the buyer by account."""
        return {"CustomerAWSAccountId": self.buyer["accountId"]}

    @property
    def by_identifier(self):
        """The member that names the buyer by identifier."""
        return {"CustomerIdentifier": self.buyer["customerIdentifier"]}

    @property
    def by_licence(self):
        """The members that name the buyer by licence and account."""
        return {"LicenseArn": self.agreement["licenseArn"], **self.by_account}

    @property
    def by_any(self):
        """The member that the product's contract knows a buyer by."""
        contract = self.market.control.get(f"products/{self.product}")["contract"]
        return self.by_identifier if contract == JAN_2025 else self.by_account

    def meter(self, kind, age=None, **members):
        """Reports usage as a workload of the buyer."""
        body = {
            "ProductCode": self.product,
            "Timestamp": self.seconds(**(age or {})),
            "UsageDimension": "requests",
            **members,
        }
        if not hasattr(self, "workload"):
            self.workload = self.market.workload(kind, self.buyer)
        return raw(self.market, "MeterUsage", body, self.workload)

    def resolve(self):
        """Resolves a token of the agreement."""
        token = self.market.token(self.agreement)["token"]
        return raw(self.market, "ResolveCustomer", {"RegistrationToken": token})


def outcome(answer):
    """The record's status, or the error's type."""
    document = answer.document
    if answer.status == 200:
        return document["Results"][0]["Status"] if "Results" in document else "Success"
    return document["__type"]


def echoed(answer):
    """The members of the record that came back."""
    return set(answer.document["Results"][0]["UsageRecord"])


@pytest.mark.parametrize(
    ("contract", "inside", "outside"),
    [
        (JAN_2025, {"minutes": 58}, {"minutes": 61}),
        (OCT_2025, {"hours": 5, "minutes": 58}, {"hours": 6, "minutes": 1}),
        (FEB_2026, {"hours": 5, "minutes": 58}, {"hours": 6, "minutes": 1}),
        (JUL_2026, None, {"hours": 24, "minutes": 1}),
        (OCT_2026, None, {"hours": 24, "minutes": 1}),
    ],
)
def test_how_old_a_batchs_record_may_be(market, contract, inside, outside):
    """One hour, six hours, a day; where months close, the clock's tests look at the inside."""
    deal = Deal(market, contract)
    if inside is not None:
        assert outcome(deal.batch(age=inside, **deal.by_any)) == "Success"
    answer = deal.batch(age=outside, **deal.by_any)
    assert answer.error == messages.TIMESTAMP_OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("contract", "inside", "outside"),
    [(JAN_2025, {"minutes": 58}, {"minutes": 61})]
    + [
        (contract, {"hours": 5, "minutes": 58}, {"hours": 6, "minutes": 1})
        for contract in CONTRACTS[1:]
    ],
)
def test_how_old_a_workloads_report_may_be(market, contract, inside, outside):
    """One hour, later six."""
    deal = Deal(market, contract, "container")
    assert outcome(deal.meter("ecsTask", inside)) == "Success"
    assert deal.meter("ecsTask", outside).error == messages.TIMESTAMP_OUT_OF_BOUNDS


@pytest.mark.parametrize("contract", CONTRACTS)
def test_which_contract_knows_the_buyers_account(market, contract):
    """CustomerAWSAccountId came in 2025; before, CustomerIdentifier is required."""
    deal = Deal(market, contract)
    answer = deal.batch(**deal.by_account)
    if contract == JAN_2025:
        path = "usageRecords.1.member.customerIdentifier"
        assert answer.error == messages.invalid(messages.violation(path, "not be null"))
    else:
        assert outcome(answer) == "Success"
        assert "CustomerAWSAccountId" in echoed(answer)


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("integration", ["customerIdentifier", "concurrentAgreements"])
def test_which_contract_takes_the_customer_identifier(market, contract, integration):
    """Since July 2026 products with concurrent agreements refuse it."""
    deal = Deal(market, contract, integration=integration)
    answer = deal.batch(**deal.by_identifier)
    if integration == "concurrentAgreements" and contract in (JUL_2026, OCT_2026):
        assert answer.error == messages.INVALID_CUSTOMER_IDENTIFIER
    else:
        assert outcome(answer) == "Success"
        assert "CustomerIdentifier" in echoed(answer)


def test_the_oldest_contract_drops_what_it_does_not_know(market):
    """Both names of the buyer are no conflict where one of them is unknown; nor is it echoed."""
    deal = Deal(market, JAN_2025)
    answer = deal.batch(**deal.by_identifier, **deal.by_licence)
    assert outcome(answer) == "Success"
    assert echoed(answer) == {"Timestamp", "Dimension", "CustomerIdentifier"}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_which_contract_knows_licences(market, contract):
    """Without them ProductCode is required, and LicenseArn dropped."""
    deal = Deal(market, contract)
    answer = deal.batch(by_code=False, **deal.by_licence)
    if contract == JAN_2025:
        assert answer.error == messages.invalid(
            messages.violation("usageRecords.1.member.customerIdentifier", "not be null"),
            messages.violation("productCode", "not be null"),
        )
    elif contract == OCT_2025:
        expected = messages.invalid(messages.violation("productCode", "not be null"))
        assert answer.error == expected
    else:
        assert outcome(answer) == "Success"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_product_code_and_licence_together(market, contract):
    """They exclude each other where both are known."""
    deal = Deal(market, contract)
    answer = deal.batch(**deal.by_any, LicenseArn=deal.agreement["licenseArn"])
    if contract in (JAN_2025, OCT_2025):
        assert outcome(answer) == "Success"
        assert "LicenseArn" not in echoed(answer)
    else:
        assert answer.error == messages.INVALID_PRODUCT_CODE


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("integration", ["customerIdentifier", "concurrentAgreements"])
def test_what_resolve_customer_answers(market, contract, integration):
    """Licence, identifier and agreement came and went."""
    deal = Deal(market, contract, integration=integration)
    agreement = deal.agreement
    expected = {"ProductCode": deal.product, "CustomerAWSAccountId": deal.buyer["accountId"]}
    if integration == "customerIdentifier" or contract not in (JUL_2026, OCT_2026):
        expected["CustomerIdentifier"] = deal.buyer["customerIdentifier"]
    if contract not in (JAN_2025, OCT_2025):
        expected["LicenseArn"] = agreement["licenseArn"]
    if contract == OCT_2026:
        expected["Metadata"] = {"AgreementId": agreement["agreementId"]}
    answer = deal.resolve()
    assert (answer.status, answer.document) == (200, expected)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_which_contract_knows_client_tokens(market, contract):
    """Before October 2025 a token is dropped, and the hour alone decides."""
    deal = Deal(market, contract, "container")
    assert outcome(deal.meter("ecsTask", ClientToken="t", UsageQuantity=1)) == "Success"
    answer = deal.meter("ecsTask", ClientToken="t", UsageQuantity=2)
    if contract == JAN_2025:
        assert answer.error == messages.DUPLICATE_REQUEST
    else:
        assert answer.error == messages.IDEMPOTENCY_CONFLICT


@pytest.mark.parametrize("contract", CONTRACTS)
def test_which_contract_serves_agentcore(market, contract):
    """Since February 2026."""
    deal = Deal(market, contract, "agentCore")
    answer = deal.meter("agentCoreRuntime", ClientToken="t")
    if contract in (JAN_2025, OCT_2025):
        assert answer.error == messages.CUSTOMER_NOT_ENTITLED
    else:
        assert outcome(answer) == "Success"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_which_contract_knows_decimals(market, contract):
    """Before October 2026 a decimal is dropped, and the record counts zero."""
    deal = Deal(market, contract)
    answer = deal.batch(**deal.by_any, QuantityAsDecimal="1.5")
    assert outcome(answer) == "Success"
    assert ("QuantityAsDecimal" in echoed(answer)) == (contract == OCT_2026)
    (usage,) = market.usage(deal.product)
    assert usage["quantity"] == ("1.5" if contract == OCT_2026 else "0")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_which_contract_requires_an_allocations_quantity(market, contract):
    """Since October 2026 one of two forms; that is told as the whole number's absence."""
    deal = Deal(market, contract)
    answer = deal.batch(**deal.by_any, UsageAllocations=[{}])
    path = "usageRecords.1.member.usageAllocations.1.member.allocatedUsageQuantity"
    assert answer.error == messages.invalid(messages.violation(path, "not be null"))


def test_a_products_contract_can_be_changed(market):
    """It is looked up at each request."""
    deal = Deal(market, JAN_2025)
    assert deal.batch(**deal.by_account).error[0] == "ValidationException"
    body = {
        "type": "saas",
        "title": "The same product",
        "sellerAccountId": market.seller_account,
        "dimensions": [{"name": "requests"}, {"name": "storage"}],
        "contract": OCT_2026,
    }
    market.control.put(f"products/{deal.product}", body)
    assert outcome(deal.batch(**deal.by_account)) == "Success"
