"""The OpenAPI document against the server: schemathesis sends what the one allows and what it
does not, and compares the answers."""

import os
import subprocess
import sys

import pytest

from clients import metering
from market import Market
from server import running

TOKEN = "a-token-of-the-test"

# How many requests are made up for each operation: more in the long form.
EXAMPLES = os.environ.get("TURNPIKE_OPENAPI_EXAMPLES", "10")

# Checks that cannot apply, each with its reason; this list may only get shorter.
SWITCHED_OFF = {
    # Whether a change is taken depends on what there is already, and on members that exclude each
    # other: a product needs its seller, an end lies behind a start. JSON Schema says neither.
    "positive_data_acceptance",
}

# What takes away the content that the others need, or moves its time, comes last.
UNSETTLING = ["/control/v1/reset", "/control/v1/clock", "/control/v1/backup"]


@pytest.fixture(scope="module")
def data_file(tmp_path_factory):
    """A marketplace in which each list has something."""
    path = str(tmp_path_factory.mktemp("openapi") / "marketplace.db")
    with running("--demo", "--data", path) as endpoint:
        fill(Market(endpoint))
    return path


def fill(market):
    """Usage of each kind, a workload, tokens, events and deliveries."""
    product = market.product()
    buyer = market.buyer()
    agreement = market.agreement(product, buyer, autoRenew=False)
    market.token(agreement)
    target = {"kind": "webhook", "url": "http://127.0.0.1:9/events"}
    market.control.put("event-targets/seller", target)
    market.control.post(
        "events",
        {"type": "License Updated - Manufacturer", "agreementId": agreement["agreementId"]},
    )
    record = {
        "Timestamp": market.now(),
        "CustomerAWSAccountId": buyer["accountId"],
        "LicenseArn": agreement["licenseArn"],
        "Dimension": "requests",
        "Quantity": 3,
        "UsageAllocations": [
            {"AllocatedUsageQuantity": 3, "Tags": [{"Key": "team", "Value": "blue"}]}
        ],
    }
    seller = metering(market)
    seller.batch_meter_usage(UsageRecords=[record])
    record.pop("UsageAllocations")
    seller.batch_meter_usage(UsageRecords=[{**record, "Quantity": 4}])
    container = market.product(kind="container")
    market.agreement(container, buyer)
    task = market.workload("ecsTask", buyer)
    metering(market, task).register_usage(ProductCode=container, PublicKeyVersion=1)


@pytest.mark.parametrize("token", [None, TOKEN], ids=["open", "with a token"])
def test_answers_are_as_described(data_file, token, monkeypatch, tmp_path):
    """With and without a token, nothing is found."""
    if token:
        monkeypatch.setenv("TURNPIKE_CONTROL_TOKEN", token)
    with running("--data", data_file) as endpoint:
        settled = [f"--exclude-path={path}" for path in UNSETTLING]
        compare(endpoint, token, tmp_path, settled)
        compare(endpoint, token, tmp_path, [f"--include-path={path}" for path in UNSETTLING])


def compare(endpoint, token, folder, paths):
    """Lets schemathesis look; what it finds is the failure's message."""
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run",
        f"{endpoint}/control/v1/openapi.json", "--seed=1", f"--max-examples={EXAMPLES}",
        "--generation-database=none", "--no-color", "--warnings=off",
        f"--exclude-checks={','.join(sorted(SWITCHED_OFF))}", *paths,
    ]
    if token:
        command.append(f"--header=Authorization: Bearer {token}")
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2000:]
