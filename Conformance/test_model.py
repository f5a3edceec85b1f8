"""The SDK's own model of the service, held against what these suites expect and what comes back."""

import html
import re

import pytest

import messages
from clients import metering

# Texts that public recordings of the real service show, unlike the model's documentation.
RECORDED = {"InvalidTokenException", "PlatformNotSupportedException"}

# What a healthy server that is not overloaded never answers.
UNREACHED = {"ThrottlingException", "InternalServiceErrorException"}

EXPECTED = dict(text for text in vars(messages).values() if isinstance(text, tuple))


@pytest.fixture(name="model")
def service_model(market):
    """The model that the SDK was shipped with."""
    return metering(market).meta.service_model


def documented(shape):
    """A shape's documentation without its mark-up."""
    text = html.unescape(re.sub(r"<[^>]*>", "", shape.documentation))
    return re.sub(r"\s+", " ", text).strip()


def test_every_exception_of_the_model_is_expected_somewhere(model):
    """A new exception in a newer SDK fails here until a suite knows it."""
    assert {shape.name for shape in model.error_shapes} <= set(EXPECTED) | UNREACHED


@pytest.mark.october_2026
def test_the_texts_are_those_of_the_newest_model(model):
    """Word for word, without the mark-up."""
    texts = {shape.name: documented(shape) for shape in model.error_shapes}
    for name, message in EXPECTED.items():
        if name not in RECORDED:
            assert message == texts[name]


@pytest.mark.october_2026
def test_the_agreement_is_known_to_the_newest_sdk(market):
    """ResolveCustomer answers it in a structure of its own."""
    agreement = market.agreement(market.product(), market.buyer())
    answer = metering(market).resolve_customer(RegistrationToken=market.token(agreement)["token"])
    assert answer["Metadata"] == {"AgreementId": agreement["agreementId"]}
    assert "CustomerIdentifier" not in answer
