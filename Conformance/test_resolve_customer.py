"""ResolveCustomer: a seller asks whom a registration token stands for."""

from urllib.parse import parse_qs, quote

import pytest

import messages
from clients import metering, refusal


@pytest.fixture
def sale(market):
    """An agreement for a product of the older integration, which fills every member."""
    product = market.product(integration="customerIdentifier")
    return market.agreement(product, market.buyer())


def test_a_token_names_product_buyer_and_licence(market, sale):
    """The answer is what the seller needs to meter."""
    answer = metering(market).resolve_customer(RegistrationToken=market.token(sale)["token"])
    assert answer["ProductCode"] == sale["productCode"]
    assert answer["CustomerAWSAccountId"] == sale["buyerAccountId"]
    assert answer["CustomerIdentifier"] == sale["customerIdentifier"]
    assert answer["LicenseArn"] == sale["licenseArn"]


def test_a_token_can_be_resolved_again(market, sale):
    """The same token gives the same answer until it expires."""
    token = market.token(sale)["token"]
    first, second = (metering(market).resolve_customer(RegistrationToken=token) for _ in "ab")
    del first["ResponseMetadata"], second["ResponseMetadata"]
    assert first == second


def test_two_tokens_of_one_agreement_are_the_same_buyer(market, sale):
    """A buyer who comes back gets another token for the same agreement."""
    tokens = {market.token(sale)["token"] for _ in range(2)}
    assert len(tokens) == 2
    answers = [metering(market).resolve_customer(RegistrationToken=token) for token in tokens]
    assert len({answer["LicenseArn"] for answer in answers}) == 1


def test_a_token_for_product_and_buyer_takes_the_agreement(market, sale):
    """The portal may ask for a token without knowing the agreement."""
    token = market.control.post(
        "registration-tokens",
        {"productCode": sale["productCode"], "buyerAccountId": sale["buyerAccountId"]},
    )["token"]
    answer = metering(market).resolve_customer(RegistrationToken=token)
    assert answer["LicenseArn"] == sale["licenseArn"]


def test_the_form_that_the_browser_posts_holds_the_token(market, sale):
    """Decoded once, as frameworks do, the form's field is the token."""
    made = market.token(sale)
    form = made["fulfillment"]
    assert (form["method"], form["contentType"]) == ("POST", "application/x-www-form-urlencoded")
    (token,) = parse_qs(form["body"])["x-amzn-marketplace-token"]
    assert token == made["token"]
    assert metering(market).resolve_customer(RegistrationToken=token)["ProductCode"]


def not_decoded(token):
    """The form's field, taken raw."""
    return quote(token, safe="")


def decoded_twice(token):
    """A plus sign that became a space."""
    return token.replace("+", " ")


def garbage(token):
    """No token at all."""
    return "garbage"


def shortened(token):
    """A token that lost its end."""
    return token[:-1]


@pytest.mark.parametrize("change", [not_decoded, decoded_twice, garbage, shortened])
def test_a_text_that_is_no_token_is_invalid(market, sale, change):
    """Tokens hold characters that a form must encode, so that these mistakes show."""
    token = market.token(sale)["token"]
    assert change(token) != token
    answer = refusal(metering(market).resolve_customer, RegistrationToken=change(token))
    assert answer == messages.INVALID_REGISTRATION_TOKEN


@pytest.mark.parametrize("role", ["seller", "buyer"])
def test_only_the_account_that_published_the_product_may_ask(market, sale, role):
    """A token is opaque to everybody else."""
    client = metering(market, market.credential(market.account(role)))
    answer = refusal(client.resolve_customer, RegistrationToken=market.token(sale)["token"])
    assert answer == messages.INVALID_REGISTRATION_TOKEN


@pytest.mark.parametrize("change", ["cancel", "suspend"])
def test_a_buyer_who_left_can_still_be_resolved(market, sale, change):
    """Who the buyer is does not depend on what he may use."""
    token = market.token(sale)["token"]
    if change == "cancel":
        market.cancel(sale)
    else:
        body = {
            "name": "The buyer",
            "accountId": sale["buyerAccountId"],
            "customerIdentifier": sale["customerIdentifier"],
        }
        market.suspend(body)
    answer = metering(market).resolve_customer(RegistrationToken=token)
    assert answer["CustomerAWSAccountId"] == sale["buyerAccountId"]


def test_an_empty_token_breaks_the_model(market):
    """The pattern asks for a character."""
    answer = refusal(metering(market).resolve_customer, RegistrationToken="")
    assert answer == messages.invalid(
        messages.violation(
            "registrationToken", r"satisfy regular expression pattern: [\s\S]+", ""
        )
    )


def test_a_region_without_the_operation_says_so(market, sale):
    """ResolveCustomer is not offered everywhere."""
    client = metering(market, region="us-gov-west-1")
    answer = refusal(client.resolve_customer, RegistrationToken=market.token(sale)["token"])
    assert answer == messages.DISABLED_API


def test_a_policy_must_allow_the_operation(market, sale):
    """The refusal names who asked and what."""
    credential = market.credential(allow=["BatchMeterUsage"])
    answer = refusal(
        metering(market, credential).resolve_customer,
        RegistrationToken=market.token(sale)["token"],
    )
    assert answer == messages.access_denied(credential, "ResolveCustomer")
