"""A month of hourly metering leaves every hour behind, once."""

from market import Market
from month import BUYERS, END, HOUR, START, quantity, simulate
from server import running


def test_month(tmp_path):
    """Ten buyers' month is in the report exactly as it was metered."""
    with running("--data", str(tmp_path / "month.db")) as endpoint:
        month = simulate(endpoint)
        market = Market(endpoint)
        hours = (END - START) // HOUR
        assert month.requests == hours
        assert month.records == hours * BUYERS
        totals = market.totals(month.product, "buyerAccountId,dimension,month")
        assert {total["buyerAccountId"]: total for total in totals} == {
            buyer["accountId"]: {
                "buyerAccountId": buyer["accountId"],
                "dimension": "requests",
                "month": "2027-03",
                "quantity": str(used(number)),
                "records": hours,
            }
            for number, buyer in enumerate(month.buyers)
        }
        hourly = market.totals(month.product, "hour", limit=1000)
        assert [total["records"] for total in hourly] == [BUYERS] * hours


def used(number):
    """What a buyer used in the month."""
    return sum(quantity(START + HOUR * hour, number) for hour in range((END - START) // HOUR))
