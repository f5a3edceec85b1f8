"""The AWS CLI as a program: endpoint, region and keys come from the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import messages
from market import Market

COMMAND_SECONDS = 60


class CommandLine:
    """A shell in which AWS's variables point at the marketplace."""

    def __init__(self, market, credential, folder):
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ENDPOINT_URL_MARKETPLACE_METERING": market.endpoint,
            "AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE": market.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": credential["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credential["secretAccessKey"],
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "*",
        }
        if "sessionToken" in credential:
            self.environment["AWS_SESSION_TOKEN"] = credential["sessionToken"]

    def run(self, operation, *arguments, service="meteringmarketplace"):
        """Runs one operation of the CLI."""
        program = Path(sys.executable).with_name("aws")
        return subprocess.run(
            [program, service, operation, "--output", "json", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def json(self, operation, *arguments, **options):
        """What an operation that succeeds prints."""
        result = self.run(operation, *arguments, **options)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def shell(market, tmp_path):
    """A shell with the keys of a credential, the seller's by default."""
    return lambda credential=None: CommandLine(market, credential or market.seller, tmp_path)


def at(moment):
    """A time as the CLI takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_batch_meter_usage(market, shell):
    """Records given as JSON and in the CLI's shorthand."""
    agreement = market.agreement(market.product(), market.buyer())
    now = at(market.now())
    record = {
        "Timestamp": now,
        "CustomerAWSAccountId": agreement["buyerAccountId"],
        "Dimension": "requests",
        "Quantity": 3,
    }
    answer = shell().json(
        "batch-meter-usage",
        "--product-code",
        agreement["productCode"],
        "--usage-records",
        json.dumps([record]),
    )
    (result,) = answer["Results"]
    assert result["Status"] == "Success"
    assert result["UsageRecord"]["Quantity"] == 3
    assert answer["UnprocessedRecords"] == []
    shorthand = ",".join(f"{name}={value}" for name, value in record.items())
    again = shell().json(
        "batch-meter-usage",
        "--product-code",
        agreement["productCode"],
        "--usage-records",
        shorthand,
    )
    assert again["Results"][0]["MeteringRecordId"] == result["MeteringRecordId"]


def test_resolve_customer(market, shell):
    """A token with characters that a shell may trip over."""
    agreement = market.agreement(market.product(), market.buyer())
    token = market.token(agreement)["token"]
    answer = shell().json("resolve-customer", "--registration-token", token)
    assert answer["ProductCode"] == agreement["productCode"]
    assert answer["CustomerAWSAccountId"] == agreement["buyerAccountId"]
    assert answer["LicenseArn"] == agreement["licenseArn"]


def test_meter_usage(market, shell):
    """A dry run, then the report, with the keys of a task."""
    product, buyer = market.product("container"), market.buyer()
    market.agreement(product, buyer)
    task = shell(market.workload("ecsTask", buyer))
    report = [
        "--product-code",
        product,
        "--timestamp",
        at(market.now()),
        "--usage-dimension",
        "requests",
        "--usage-quantity",
        "3",
    ]
    assert task.json("meter-usage", *report, "--dry-run") == {
        "MeteringRecordId": "DryRunOperation"
    }
    record_id = task.json("meter-usage", *report)["MeteringRecordId"]
    assert [usage["meteringRecordId"] for usage in market.usage(product)] == [record_id]


def test_register_usage(market, shell):
    """The signature is a JWT of three parts."""
    product, buyer = market.product("container"), market.buyer()
    market.agreement(product, buyer)
    pod = shell(market.workload("eksPod", buyer))
    answer = pod.json(
        "register-usage", "--product-code", product, "--public-key-version", "1", "--nonce", "n"
    )
    assert answer["Signature"].count(".") == 2


def test_a_refusal(market, shell):
    """Its name and text are what the user reads."""
    result = shell().run("resolve-customer", "--registration-token", "garbage")
    code, message = messages.INVALID_REGISTRATION_TOKEN
    assert result.returncode == 255
    assert f"({code}) when calling the ResolveCustomer operation: {message}" in result.stderr


def test_a_wrong_secret(market, shell):
    """Authentication is told as AWS tells it."""
    result = shell({**market.seller, "secretAccessKey": "another"}).run(
        "resolve-customer", "--registration-token", "garbage"
    )
    assert result.returncode == 255
    assert "(InvalidSignatureException)" in result.stderr


def test_get_entitlements(market, shell):
    """What was bought in advance, with a filter in the CLI's shorthand."""
    seats = {"name": "seats", "type": "entitled"}
    product, buyer = market.product(dimensions=("requests", seats)), market.buyer()
    market.agreement(product, buyer, entitlements=[{"dimension": "seats", "value": 25}])
    arguments = ["--product-code", product, "--filter"]
    answer = shell().json(
        "get-entitlements",
        *arguments,
        f"CUSTOMER_AWS_ACCOUNT_ID={buyer['accountId']}",
        service="marketplace-entitlement",
    )
    (entitlement,) = answer["Entitlements"]
    assert entitlement["Dimension"] == "seats"
    assert entitlement["Value"] == {"IntegerValue": 25}
    none = shell().run(
        "get-entitlements",
        *arguments,
        "CUSTOMER_AWS_ACCOUNT_ID=999999999999",
        service="marketplace-entitlement",
    )
    # The CLI prints nothing for an answer in which there is nothing.
    assert (none.returncode, none.stdout) == (0, "")


def test_usage_by_licence(market, shell):
    """A record of an agreement needs no product code."""
    agreement = market.agreement(market.product(), market.buyer())
    record = {
        "Timestamp": at(market.now()),
        "CustomerAWSAccountId": agreement["buyerAccountId"],
        "LicenseArn": agreement["licenseArn"],
        "Dimension": "requests",
        "Quantity": 2,
    }
    answer = shell().json("batch-meter-usage", "--usage-records", json.dumps([record]))
    (result,) = answer["Results"]
    assert result["Status"] == "Success"
    assert result["UsageRecord"]["LicenseArn"] == agreement["licenseArn"]
    (usage,) = market.usage(agreement["productCode"])
    assert usage["meteringRecordId"] == result["MeteringRecordId"]


def test_a_record_of_nobodys(market, shell):
    """It is no error of the CLI: the status says so."""
    record = {
        "Timestamp": at(market.now()),
        "CustomerAWSAccountId": "999999999999",
        "Dimension": "requests",
    }
    answer = shell().json(
        "batch-meter-usage",
        *("--product-code", market.product(), "--usage-records", json.dumps([record])),
    )
    assert [result["Status"] for result in answer["Results"]] == ["CustomerNotSubscribed"]


def test_a_throttled_call(own_endpoint, tmp_path):
    """The CLI tries again by itself, and gives up where it may not."""
    market = Market(own_endpoint)
    token = market.token(market.agreement(market.product(), market.buyer()))["token"]
    shell = CommandLine(market, market.seller, tmp_path)
    arguments = ["resolve-customer", "--registration-token", token]
    rule = {"error": "ThrottlingException", "next": 1}
    market.control.put("faults", {"rules": [rule]})
    refused = shell.run(*arguments)
    assert refused.returncode == 255
    assert "(ThrottlingException)" in refused.stderr
    market.control.put("faults", {"rules": [rule]})
    shell.environment["AWS_MAX_ATTEMPTS"] = "2"
    assert shell.json(*arguments)["CustomerAWSAccountId"]
