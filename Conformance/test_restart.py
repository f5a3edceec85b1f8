"""What was acknowledged survives the process that acknowledged it."""

import signal

import pytest

from clients import metering
from market import Market
from server import running


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL], ids=["asked to", "killed"])
def test_a_restarted_server_remembers(tmp_path, stop):
    """Records, client tokens, registration tokens, keys and the catalog are in the file."""
    file = ["--data", str(tmp_path / "marketplace.db")]
    with running(*file, stop=stop) as endpoint:
        market = Market(endpoint)
        product, container, buyer = market.product(), market.product("container"), market.buyer()
        agreement = market.agreement(product, buyer)
        market.agreement(container, buyer)
        token = market.token(agreement)["token"]
        task = market.workload("ecsTask", buyer)
        records = [
            {
                "Timestamp": market.now(),
                "CustomerAWSAccountId": buyer["accountId"],
                "Dimension": "requests",
                "Quantity": 3,
            }
        ]
        report = {
            "ProductCode": container,
            "Timestamp": market.now(),
            "UsageDimension": "requests",
            "ClientToken": "token-1",
        }

        def ids():
            batch = metering(market).batch_meter_usage(ProductCode=product, UsageRecords=records)
            assert [result["Status"] for result in batch["Results"]] == ["Success"]
            metered = metering(market, task).meter_usage(**report)
            return batch["Results"][0]["MeteringRecordId"], metered["MeteringRecordId"]

        first = ids()
    with running(*file) as endpoint:
        market.endpoint = market.control.endpoint = endpoint
        assert ids() == first
        answer = metering(market).resolve_customer(RegistrationToken=token)
        assert answer["LicenseArn"] == agreement["licenseArn"]
        assert len(market.usage(product)) == len(market.usage(container)) == 1
