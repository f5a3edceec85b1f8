"""Signature Version 4: what is refused, with which type and text."""

import re
import time
from datetime import datetime, timedelta, timezone

import pytest

from clients import (
    CONTENT_TYPE,
    TARGET_PREFIX,
    metering,
    raw,
    refusal,
    send,
    sha256,
    signed_headers,
)

BODY = b'{"RegistrationToken": "garbage"}'
TARGET = TARGET_PREFIX + "ResolveCustomer"

# What an authenticated request with this body is answered: the operation itself was reached.
ACCEPTED = "InvalidTokenException"

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)
INVALID_TOKEN = "The security token included in the request is invalid."


@pytest.fixture
def signed(market):
    """Signs the body as the seller, with options."""

    def sign(credential=None, **options):
        credential = market.seller if credential is None else credential
        return signed_headers(market, credential, BODY, TARGET, **options)

    return sign


def answered(market, headers, body=BODY, path="/"):
    """The error's type and message; authentication fails with status 400, as AWS JSON does."""
    answer = send(market, body, headers, path=path)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert answer.headers["x-amzn-RequestId"]
    return answer.error


def test_a_good_signature_reaches_the_operation(market, signed):
    """The operation answers, not the gate in front of it."""
    assert answered(market, signed())[0] == ACCEPTED


def test_no_authorization_at_all(market):
    """Nobody has signed."""
    answer = answered(market, {"Content-Type": CONTENT_TYPE, "X-Amz-Target": TARGET})
    assert answer == ("MissingAuthenticationTokenException", "Missing Authentication Token")


def test_a_presigned_query_alone_is_missing(market):
    """Only the header is read."""
    path = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": TARGET}
    answer = answered(market, headers, path=path)
    assert answer == ("MissingAuthenticationTokenException", "Missing Authentication Token")


def test_header_and_query_together(market, signed):
    """A request is signed in one place."""
    answer = answered(market, signed(), path="/?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert answer == (
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )


@pytest.mark.parametrize("missing", ["Credential", "Signature", "SignedHeaders"])
def test_an_incomplete_header_names_what_is_missing(market, signed, missing):
    """The header itself ends the text."""
    headers = signed()
    header = re.sub(rf"{missing}=[^,]*(, )?", "", headers["Authorization"]).rstrip(", ")
    answer = answered(market, {**headers, "Authorization": header})
    assert answer == (
        "IncompleteSignatureException",
        f"Authorization header requires '{missing}' parameter. Authorization={header}",
    )


def test_a_request_without_a_date(market, signed):
    """Either of the two date headers is needed."""
    headers = signed()
    del headers["X-Amz-Date"]
    assert answered(market, headers) == (
        "IncompleteSignatureException",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        f"Authorization={headers['Authorization']}",
    )


def unknown_key(market):
    """A key that nobody was given."""
    return {"accessKeyId": "AKIAUNKNOWNUNKNOWN00", "secretAccessKey": "secret"}


def missing_session_token(market):
    """Temporary credentials without their token."""
    credential = market.credential(temporary=True)
    return {name: value for name, value in credential.items() if name != "sessionToken"}


def wrong_session_token(market):
    """Temporary credentials with the token of others."""
    other = market.credential(temporary=True)["sessionToken"]
    return {**market.credential(temporary=True), "sessionToken": other}


def needless_session_token(market):
    """Long-term credentials with a token."""
    return {**market.seller, "sessionToken": "token"}


def deleted_key(market):
    """A key that was taken back."""
    credential = market.credential()
    market.control.delete(f"credentials/{credential['accessKeyId']}")
    return credential


@pytest.mark.parametrize(
    "credential",
    [unknown_key, missing_session_token, wrong_session_token, needless_session_token, deleted_key],
)
def test_credentials_that_are_not_known(market, signed, credential):
    """A wrong session token is answered like an unknown key."""
    answer = answered(market, signed(credential(market)))
    assert answer == ("UnrecognizedClientException", INVALID_TOKEN)


def test_a_wrong_secret(market, signed):
    """The signature cannot be the same."""
    credential = {**market.seller, "secretAccessKey": "another"}
    assert answered(market, signed(credential)) == ("InvalidSignatureException", MISMATCH)


def test_a_changed_body(market, signed):
    """The body is part of what is signed."""
    answer = answered(market, signed(), body=BODY.replace(b"garbage", b"changed"))
    assert answer == ("InvalidSignatureException", MISMATCH)


def test_a_changed_header(market, signed):
    """The target is part of what is signed."""
    headers = {**signed(), "X-Amz-Target": TARGET_PREFIX + "MeterUsage"}
    assert answered(market, headers) == ("InvalidSignatureException", MISMATCH)


def test_an_unsigned_amz_header(market, signed):
    """What begins with x-amz- must be signed."""
    headers = {**signed(), "X-Amz-Meta": "added"}
    assert answered(market, headers) == ("InvalidSignatureException", MISMATCH)


def test_a_session_token_may_be_added_after_signing(market, signed):
    """The one header of its kind that need not be signed."""
    credential = market.credential(temporary=True)
    token = credential.pop("sessionToken")
    headers = {**signed(credential), "X-Amz-Security-Token": token}
    assert answered(market, headers)[0] == ACCEPTED


@pytest.mark.parametrize(
    ("claimed", "code"),
    [
        (sha256(BODY), ACCEPTED),
        ("UNSIGNED-PAYLOAD", ACCEPTED),
        (sha256(b"another"), "InvalidSignatureException"),
    ],
    ids=["right", "unsigned", "wrong"],
)
def test_a_claimed_payload_hash_is_checked(market, signed, claimed, code):
    """Some SDKs send the body's hash in a header."""
    headers = signed(headers={"X-Amz-Content-SHA256": claimed})
    assert answered(market, headers)[0] == code


def test_the_wrong_service(market, signed):
    """The name of the scope's service is not the endpoint's."""
    assert answered(market, signed(service="metering.marketplace")) == (
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'aws-marketplace'. ",
    )


def test_no_region_at_all(market, signed):
    """Any region is taken, but it must read like one."""
    assert answered(market, signed(region="US_EAST")) == (
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not 'US_EAST'. ",
    )


def test_the_scopes_date_is_the_days(market, signed):
    """The date of the scope is that of the signature."""
    headers = signed()
    day = headers["X-Amz-Date"][:8]
    header = headers["Authorization"].replace(f"/{day}/", "/20200101/")
    code, message = answered(market, {**headers, "Authorization": header})
    assert code == "InvalidSignatureException"
    assert message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '20200101' != '{day}', from '{day}'."
    )


@pytest.mark.parametrize(
    ("offset", "pattern"),
    [
        (
            timedelta(minutes=-6),
            r"Signature expired: {} is now earlier than \d{{8}}T\d{{6}}Z "
            r"\(\d{{8}}T\d{{6}}Z - 5 min\.\)",
        ),
        (
            timedelta(minutes=6),
            r"Signature not yet current: {} is still later than \d{{8}}T\d{{6}}Z "
            r"\(\d{{8}}T\d{{6}}Z \+ 5 min\.\)",
        ),
    ],
    ids=["too early", "too late"],
)
def test_a_clock_that_is_wrong(market, signed, offset, pattern):
    """More than five minutes from the real time is too far."""
    moment = datetime.now(timezone.utc) + offset
    code, message = answered(market, signed(moment=moment))
    assert code == "InvalidSignatureException"
    assert re.fullmatch(pattern.format(moment.strftime("%Y%m%dT%H%M%SZ")), message)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_a_little_wrong(market, signed, minutes):
    """Less than five minutes are taken."""
    moment = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    assert answered(market, signed(moment=moment))[0] == ACCEPTED


def test_an_expired_session(market, signed):
    """It is told apart from an expired registration token by its namespace and its text."""
    credential = market.credential(temporary=True, expiresIn=1)
    expiry = datetime.fromisoformat(credential["expiresAt"].replace("Z", "+00:00"))
    deadline = time.monotonic() + 10
    while (answer := answered(market, signed(credential)))[0] == ACCEPTED:
        assert time.monotonic() < deadline, "the credentials never expired"
    assert datetime.now(timezone.utc) >= expiry
    assert answer == (
        "com.amazon.coral.service#ExpiredTokenException",
        "The security token included in the request is expired",
    )
    sdk = refusal(metering(market, credential).resolve_customer, RegistrationToken="garbage")
    assert sdk == ("ExpiredTokenException", "The security token included in the request is expired")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
def test_any_region_is_taken(market, signed, region):
    """One port stands for the endpoints of all regions."""
    assert answered(market, signed(region=region))[0] == ACCEPTED


def test_what_is_no_json_is_said_before_who_may_ask(market):
    """Protocol errors win over the signature's."""
    answer = raw(market, "ResolveCustomer", b"no JSON", unknown_key(market))
    assert (answer.status, answer.document) == (400, {"__type": "SerializationException"})


def test_constraints_are_checked_after_the_signature(market):
    """Who may not ask learns nothing about the request."""
    answer = raw(market, "BatchMeterUsage", {}, unknown_key(market))
    assert answer.error == ("UnrecognizedClientException", INVALID_TOKEN)


def explained(market, answer):
    """What the control API says of a request."""
    return market.control.get("requests/" + answer.headers["x-amzn-RequestId"])["explanation"]


def test_a_wrong_signature_is_explained_by_what_was_expected(market, signed):
    """AWS's services print both texts; here they are in the explanation, and never on the wire."""
    wrong = {**market.seller, "secretAccessKey": market.seller["secretAccessKey"] + "\r"}
    answer = send(market, BODY, signed(wrong))
    assert answer.error == ("InvalidSignatureException", MISMATCH)
    said = explained(market, answer)
    assert "blank or line break" in said["summary"]
    expected = said["expectedSignature"]
    assert expected["accessKeyId"] == market.seller["accessKeyId"]
    assert expected["canonicalRequest"].startswith("POST\n/\n\ncontent-type:")
    assert expected["canonicalRequest"].endswith(sha256(BODY))
    assert expected["stringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert market.seller["secretAccessKey"] not in str(said)


def test_a_slash_too_many_is_none(market, signed):
    """Older SDKs send the path //, and sign /."""
    assert answered(market, signed(), path="//")[0] == ACCEPTED


@pytest.mark.parametrize("path", ["/metering", "/metering/", "/v1/metering"])
def test_an_endpoint_has_no_path(market, signed, path):
    """The answer is AWS's 404 with a request id, and the explanation says what to leave out."""
    answer = send(market, BODY, signed(path=path), path=path)
    assert answer.status == 404
    assert b"UnknownOperationException" in answer.body
    assert "leave it out" in explained(market, answer)["summary"]
