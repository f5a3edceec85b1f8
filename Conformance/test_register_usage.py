"""RegisterUsage: a container that is paid by the hour announces itself and gets a signed answer."""

import base64
import json
import os
from datetime import datetime, timezone

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import messages
from clients import metering, refusal
from market import Market, product_code


class Registry:
    """A container product with a buyer, and tasks that register themselves."""

    def __init__(self, endpoint):
        self.market = Market(endpoint)
        self.product = self.market.product("container")
        self.buyer = self.market.buyer()
        self.agreement = self.market.agreement(self.product, self.buyer)

    def client(self, kind="ecsTask", buyer=None, region="us-east-1", **members):
        """The SDK client of a new workload."""
        buyer = self.buyer if buyer is None else buyer
        return metering(self.market, self.market.workload(kind, buyer, region, **members), region)

    def register(self, client, version=1, **members):
        """Registers with a key version of the product."""
        return client.register_usage(
            ProductCode=self.product, PublicKeyVersion=version, **members
        )

    def refused(self, client, **members):
        """Registers where it must be refused."""
        request = {"ProductCode": self.product, "PublicKeyVersion": 1, **members}
        return refusal(client.register_usage, **request)

    def keys(self):
        """The public keys that the marketplace's portal would show, by version."""
        items = self.market.control.get(f"products/{self.product}/public-keys")["items"]
        return {item["version"]: item for item in items}


@pytest.fixture(scope="module")
def registry(endpoint):
    """One product for all of these tests: making its key takes long."""
    return Registry(endpoint)


def decoded(part):
    """Base64 with the alphabet of URLs, without padding."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified(token, pem):
    """The claims of a JWT whose PS256 signature the key confirms."""
    header, claims, signature = token.split(".")
    assert json.loads(decoded(header)) == {"alg": "PS256", "typ": "JWT"}
    serialization.load_pem_public_key(pem.encode()).verify(
        decoded(signature),
        f"{header}.{claims}".encode(),
        padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size),
        hashes.SHA256(),
    )
    return json.loads(decoded(claims))


@pytest.mark.parametrize("kind", ["ecsTask", "eksPod"])
def test_the_answer_is_signed_with_the_published_key(registry, kind):
    """Its claims are the request's, in lower camel case as verifiers read them."""
    nonce = os.urandom(16).hex()
    answer = registry.register(registry.client(kind), Nonce=nonce)
    claims = verified(answer["Signature"], registry.keys()[1]["pem"])
    issued = claims.pop("iat")
    assert claims == {"productCode": registry.product, "publicKeyVersion": 1, "nonce": nonce}
    assert abs(issued - datetime.now(timezone.utc).timestamp()) < 60
    assert "PublicKeyRotationTimestamp" not in answer


def test_an_answer_without_nonce_has_no_such_claim(registry):
    """Nothing is signed that was not sent."""
    answer = registry.register(registry.client())
    assert "nonce" not in verified(answer["Signature"], registry.keys()[1]["pem"])


def test_the_published_key_is_a_3072_bit_rsa_key(registry):
    """The PEM is what verifiers embed."""
    registry.register(registry.client())
    key = serialization.load_pem_public_key(registry.keys()[1]["pem"].encode())
    assert key.key_size == 3072


def test_a_superseded_key_signs_on_and_tells_since_when(endpoint):
    """Containers that embed the old key go on, and learn that a newer one exists."""
    registry = Registry(endpoint)
    registry.market.control.post(f"products/{registry.product}/public-keys")
    client = registry.client()
    old, new = registry.register(client, 1), registry.register(client, 2)
    keys = registry.keys()
    assert verified(old["Signature"], keys[1]["pem"])["publicKeyVersion"] == 1
    assert verified(new["Signature"], keys[2]["pem"])["publicKeyVersion"] == 2
    superseded = datetime.fromisoformat(keys[1]["supersededAt"].replace("Z", "+00:00"))
    told = old["PublicKeyRotationTimestamp"]
    assert abs((told - superseded).total_seconds()) < 1
    assert "PublicKeyRotationTimestamp" not in new
    assert list(keys) == [1, 2]


@pytest.mark.parametrize("version", [2, 99])
def test_an_unknown_key_version_is_invalid(registry, version):
    """Only published versions sign."""
    answer = registry.refused(registry.client(), PublicKeyVersion=version)
    assert answer == messages.INVALID_PUBLIC_KEY_VERSION


def test_the_endpoint_must_be_the_tasks_region(registry):
    """A container must not hardcode a region."""
    credential = registry.market.workload("ecsTask", registry.buyer, "eu-west-1")
    client = metering(registry.market, credential, "us-east-1")
    assert registry.refused(client) == messages.INVALID_REGION


@pytest.mark.parametrize("kind", ["ec2Instance", "agentCoreRuntime"])
def test_other_platforms_are_not_supported(registry, kind):
    """Only tasks and pods register."""
    assert registry.refused(registry.client(kind)) == messages.PLATFORM_NOT_SUPPORTED


def test_an_accounts_own_key_is_no_platform(registry):
    """This is what a developer's machine gets."""
    client = metering(registry.market, registry.market.credential(registry.buyer))
    assert registry.refused(client) == messages.PLATFORM_NOT_SUPPORTED


@pytest.mark.parametrize("kind", ["saas", "ami", "agentCore", None])
def test_only_container_products_are_registered(registry, kind):
    """Another type of product, or none, is an invalid code."""
    product = product_code() if kind is None else registry.market.product(kind)
    answer = registry.refused(registry.client(), ProductCode=product)
    assert answer == messages.INVALID_PRODUCT_CODE


def test_the_first_call_needs_an_agreement(registry):
    """An account that never bought the product is not entitled."""
    client = registry.client(buyer=registry.market.buyer())
    assert registry.refused(client) == messages.CUSTOMER_NOT_ENTITLED


def test_a_suspended_account_is_not_entitled(registry):
    """Suspension stops new tasks."""
    buyer = registry.market.buyer()
    registry.market.agreement(registry.product, buyer)
    registry.market.suspend(buyer)
    assert registry.refused(registry.client(buyer=buyer)) == messages.CUSTOMER_NOT_ENTITLED


def test_a_registered_task_is_not_asked_again(registry):
    """Entitlement is asked at a task's first call, not while it runs."""
    buyer = registry.market.buyer()
    registry.market.agreement(registry.product, buyer)
    running = registry.client(buyer=buyer)
    registry.register(running)
    registry.market.suspend(buyer)
    assert registry.register(running)["Signature"]
    assert registry.refused(registry.client(buyer=buyer)) == messages.CUSTOMER_NOT_ENTITLED


def test_the_sellers_own_account_needs_no_agreement(registry):
    """Sellers try their containers before anybody bought them."""
    client = registry.client(buyer={"accountId": registry.market.seller_account})
    assert registry.register(client)["Signature"]


def test_a_region_without_the_operation_says_so(registry):
    """Containers are served in fewer regions than others."""
    client = registry.client(region="me-south-1")
    assert registry.refused(client) == messages.DISABLED_API


def test_a_policy_must_allow_the_operation(registry):
    """The refusal names the role and the resource that asked."""
    credential = registry.market.workload("ecsTask", registry.buyer, allow=["MeterUsage"])
    answer = registry.refused(metering(registry.market, credential))
    assert answer == messages.access_denied(credential, "RegisterUsage")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"Nonce": "n" * 256},
            ("nonce", "have length less than or equal to 255", "n" * 256),
        ),
        (
            {"ProductCode": "no such code"},
            (
                "productCode",
                "satisfy regular expression pattern: ^[-a-zA-Z0-9/=:_.@]*$",
                "no such code",
            ),
        ),
    ],
    ids=["Nonce", "ProductCode"],
)
def test_a_value_that_breaks_the_model_is_invalid(registry, members, expected):
    """What the SDK lets pass is refused with the framework's text."""
    answer = registry.refused(registry.client(), **members)
    assert answer == messages.invalid(messages.violation(*expected))
