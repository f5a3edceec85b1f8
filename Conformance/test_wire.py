"""AWS JSON 1.1 as bytes: what SDKs do not show and would not send."""

import json
import re
from email.utils import parsedate_to_datetime

import pytest

import messages
from clients import CONTENT_TYPE, TARGET_PREFIX, raw, send, signed_headers

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


@pytest.fixture
def sale(market):
    """An agreement for a SaaS product."""
    return market.agreement(market.product(), market.buyer())


def batch(sale, now, **members):
    """The body of a request with one record."""
    record = {
        "Timestamp": int(now.timestamp()),
        "CustomerAWSAccountId": sale["buyerAccountId"],
        "Dimension": "requests",
        **members,
    }
    return {"ProductCode": sale["productCode"], "UsageRecords": [record]}


def meter(market, sale, **members):
    """Reports one record and returns the whole answer."""
    return raw(market, "BatchMeterUsage", batch(sale, market.now(), **members))


def echo(answer):
    """The record that came back, numbers spelled as they were."""
    assert answer.status == 200, answer.body
    document = json.loads(answer.body, parse_float=str, parse_int=str)
    return document["Results"][0]["UsageRecord"]


def test_an_answer_has_amazons_headers(market, sale):
    """The content type, a request id, the real date."""
    answer = meter(market, sale)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert UUID.match(answer.headers["x-amzn-RequestId"])
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert parsedate_to_datetime(answer.headers["Date"])


def test_an_error_has_a_type_and_a_message(market):
    """Nothing else stands in the body, and AWS's text is not added to."""
    answer = raw(market, "ResolveCustomer", {"RegistrationToken": "garbage"})
    code, message = messages.INVALID_REGISTRATION_TOKEN
    assert (answer.status, answer.document) == (400, {"__type": code, "message": message})
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert UUID.match(answer.headers["x-amzn-RequestId"])


def test_an_empty_request_has_empty_lists(market, sale):
    """Both lists are there, also when nothing is in them."""
    body = {"ProductCode": sale["productCode"], "UsageRecords": []}
    answer = raw(market, "BatchMeterUsage", body)
    assert answer.document == {"Results": [], "UnprocessedRecords": []}


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("{}", "{}"),
        ("{}.0", "{}"),
        ("{}.5", "{}.5"),
        ("{}.776", "{}.776"),
        ("{}.7769", "{}.776"),
        ("{}000E-3", "{}"),
    ],
)
def test_a_timestamp_is_a_number_of_seconds(market, sale, sent, echoed):
    """It may have a fraction, of which milliseconds are kept and echoed, or an exponent."""
    seconds = str(int(market.now().timestamp()) - 60)
    body = json.dumps(batch(sale, market.now())).encode()
    body = re.sub(rb'"Timestamp": \d+', f'"Timestamp": {sent.format(seconds)}'.encode(), body)
    answer = raw(market, "BatchMeterUsage", body)
    assert echo(answer)["Timestamp"] == echoed.format(seconds)


@pytest.mark.parametrize("scale", [1000, 10**300])
def test_milliseconds_are_far_in_the_future(market, sale, scale):
    """A valid number, but out of the window."""
    timestamp = int(market.now().timestamp()) * scale
    assert meter(market, sale, Timestamp=timestamp).error == messages.TIMESTAMP_OUT_OF_BOUNDS


def test_a_fraction_of_a_whole_number_is_rounded_down(market, sale):
    """As AWS's framework does; what was recorded is echoed."""
    assert echo(meter(market, sale, Quantity=3.9))["Quantity"] == "3"
    assert market.usage(sale["productCode"])[0]["quantity"] == "3"


def test_null_is_absent(market, sale):
    """It is neither refused nor echoed."""
    answer = meter(market, sale, Quantity=None, CustomerIdentifier=None, UsageAllocations=None)
    assert set(echo(answer)) == {"Timestamp", "CustomerAWSAccountId", "Dimension"}


def test_unknown_members_are_dropped(market, sale):
    """Names are case-sensitive, so another case is unknown too."""
    answer = meter(market, sale, Colour="red", quantity=7)
    assert set(echo(answer)) == {"Timestamp", "CustomerAWSAccountId", "Dimension"}


def test_text_of_any_script_comes_back(market):
    """Names are UTF-8, escaped or not."""
    name = 'Anfragen "räumlich" 請求 🚦'
    sale = market.agreement(market.product(dimensions=[name]), market.buyer())
    body = batch(sale, market.now(), Dimension=name)
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
        assert echo(raw(market, "BatchMeterUsage", text.encode()))["Dimension"] == name


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Quantity": "3"}, "STRING_VALUE can not be converted to an Integer"),
        ({"Quantity": True}, "TRUE_VALUE can not be converted to an Integer"),
        ({"Quantity": []}, "Start of list found where not expected"),
        ({"Quantity": {}}, "Start of structure or map found where not expected."),
        ({"Dimension": 3}, "NUMBER_VALUE can not be converted to a String"),
        ({"Dimension": False}, "FALSE_VALUE can not be converted to a String"),
        (
            {"Timestamp": "2026-11-23T12:00:00Z"},
            "STRING_VALUE can not be converted to milliseconds since epoch",
        ),
        ({"UsageAllocations": 3}, "Expected list or null"),
        ({"UsageAllocations": ["a"]}, "Expected null"),
    ],
    ids=str,
)
def test_a_value_of_the_wrong_type(market, sale, members, message):
    """The framework spells the key of this message with a capital letter."""
    answer = meter(market, sale, **members)
    assert answer.status == 400
    assert answer.document == {"__type": "SerializationException", "Message": message}


def test_a_dry_run_is_a_boolean(market):
    """A number is not taken for it."""
    body = {"ProductCode": "code", "Timestamp": 0, "UsageDimension": "d", "DryRun": 1}
    answer = raw(market, "MeterUsage", body)
    expected = ("SerializationException", "NUMBER_VALUE can not be converted to a Boolean")
    assert answer.error == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b'{"RegistrationToken": "a"',
        b'{"RegistrationToken": "a"} more',
        b'{"RegistrationToken": NaN}',
        b'{"RegistrationToken": 01}',
        b'{"RegistrationToken": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 40 + b"]" * 40,
    ],
    ids=[
        "empty", "no JSON", "cut off", "more after it", "NaN", "leading zero", "no UTF-8",
        "byte order mark", "nested too deep",
    ],
)
def test_a_body_that_is_no_json(market, body):
    """A type alone; there is no message."""
    answer = raw(market, "ResolveCustomer", body)
    assert (answer.status, answer.document) == (400, {"__type": "SerializationException"})


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"3"])
def test_a_body_that_is_no_object(market, body):
    """The top of a request is a structure."""
    answer = raw(market, "ResolveCustomer", body)
    assert (answer.status, answer.error[0]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("operation", "paths"),
    [
        ("BatchMeterUsage", ["usageRecords"]),
        ("MeterUsage", ["productCode", "timestamp", "usageDimension"]),
        ("RegisterUsage", ["productCode", "publicKeyVersion"]),
        ("ResolveCustomer", ["registrationToken"]),
    ],
)
def test_members_that_are_required(market, operation, paths):
    """SDKs check these themselves; the server does not rely on it."""
    answer = raw(market, operation, {})
    expected = messages.invalid(*(messages.violation(path, "not be null") for path in paths))
    assert (answer.status, answer.error) == (400, expected)


def test_a_records_required_members(market, sale):
    """A path counts from one."""
    answer = meter(market, sale, Timestamp=None, Dimension=None)
    assert answer.error == messages.invalid(
        messages.violation("usageRecords.1.member.timestamp", "not be null"),
        messages.violation("usageRecords.1.member.dimension", "not be null"),
    )


@pytest.mark.parametrize(
    ("operation", "body", "path", "constraint", "value"),
    [
        (
            "RegisterUsage",
            {"ProductCode": "code", "PublicKeyVersion": 0},
            "publicKeyVersion",
            "have value greater than or equal to 1",
            0,
        ),
        (
            "BatchMeterUsage",
            {"UsageRecords": [{"Timestamp": 0, "Dimension": "d", "Quantity": -1}]},
            "usageRecords.1.member.quantity",
            "have value greater than or equal to 0",
            -1,
        ),
        (
            "MeterUsage",
            {"ProductCode": "code", "Timestamp": 0, "UsageDimension": "d", "ClientToken": ""},
            "clientToken",
            "have length greater than or equal to 1",
            "",
        ),
        (
            "MeterUsage",
            {"ProductCode": "code", "Timestamp": 0, "UsageDimension": "d", "UsageQuantity": 1e400},
            "usageQuantity",
            "have value less than or equal to 2147483647",
            None,
        ),
    ],
    ids=["version", "quantity", "token", "overflow"],
)
def test_minimums_that_sdks_check(market, operation, body, path, constraint, value):
    """The server checks them, too."""
    text = json.dumps(body).replace("Infinity", "1e400").encode()
    answer = raw(market, operation, text)
    code, message = answer.error
    assert code == "ValidationException"
    assert message.endswith(f"at '{path}' failed to satisfy constraint: Member must {constraint}")
    if value is not None:
        assert (code, message) == messages.invalid(messages.violation(path, constraint, value))


def exchange(market, body=b"{}", method="POST", path="/", drop=(), **headers):
    """Sends an unsigned request: the protocol is looked at before the signature."""
    names = {"content_type": "Content-Type", "target": "X-Amz-Target", "origin": "Origin"}
    sent = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": TARGET_PREFIX + "ResolveCustomer"}
    sent.update({names[name]: value for name, value in headers.items()})
    return send(market, body, {k: v for k, v in sent.items() if k not in drop}, method, path)


@pytest.mark.parametrize(
    "target",
    ["AWSMPMeteringService.resolveCustomer", "AWSMPMeteringService.", "ResolveCustomer", "A.B", ""],
)
def test_an_unknown_target(market, target):
    """Targets are case-sensitive; the body has no message."""
    answer = exchange(market, target=target)
    assert (answer.status, answer.document) == (400, {"__type": "UnknownOperationException"})


def test_a_missing_target(market):
    """It wins over an empty body."""
    answer = exchange(market, b"", drop=["X-Amz-Target"])
    assert (answer.status, answer.document) == (400, {"__type": "UnknownOperationException"})


def test_another_content_type(market):
    """AWS answers this one in JSON."""
    answer = exchange(market, content_type="application/json")
    assert answer.status == 404
    assert answer.document == {
        "Output": {"__type": "com.amazon.coral.service#UnknownOperationException"},
        "Version": "1.0",
    }


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-amz-json-1.0", None])
def test_an_unknown_content_type(market, content_type):
    """AWS answers all others in XML."""
    drop = ["Content-Type"] if content_type is None else []
    answer = exchange(market, drop=drop, content_type=content_type)
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")


@pytest.mark.parametrize(
    "content_type", [f"{CONTENT_TYPE}; charset=utf-8", f"  {CONTENT_TYPE}  ;whatever"]
)
def test_a_content_type_may_have_parameters(market, content_type):
    """The request goes on to authentication."""
    answer = exchange(market, content_type=content_type)
    assert answer.error[0] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method(market, method):
    """AWS knows no operation for it."""
    answer = exchange(market, method=method)
    assert answer.status == 403
    assert b"Unable to determine service/operation name to be authorized" in answer.body


def test_a_page_of_another_origin_may_ask(market):
    """The answer to its first question allows it to."""
    answer = exchange(market, b"", method="OPTIONS", origin="http://localhost:3000")
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("size", [1_048_577, 2_000_000])
def test_a_request_must_be_less_than_a_megabyte(market, size):
    """AWS's limit, with the status of HTTP."""
    answer = exchange(market, b" " * size)
    assert (answer.status, answer.error) == (
        413,
        ("RequestEntityTooLargeException", "Request size exceeds 1 MB"),
    )


def test_a_large_request_is_read_whole(market, sale):
    """Close to the limit, and signed over all of it."""
    body = json.dumps(batch(sale, market.now())).encode()
    answer = raw(market, "BatchMeterUsage", body + b" " * (1_000_000 - len(body)))
    assert answer.document["Results"][0]["Status"] == "Success"


def test_a_chunked_body_is_read_whole(market, sale):
    """Some clients do not know the length before they send."""
    body = json.dumps(batch(sale, market.now())).encode()
    headers = signed_headers(market, market.seller, body, TARGET_PREFIX + "BatchMeterUsage")
    headers["Transfer-Encoding"] = "chunked"
    answer = send(market, body, headers, chunked=True)
    assert answer.document["Results"][0]["Status"] == "Success"


@pytest.mark.parametrize(
    ("target", "content_type", "status", "said"),
    [
        ("AWSMPCommerceService_v20200301.DescribeAgreement", "application/x-amz-json-1.0", 400,
         "'AWSMPCommerceService_v20200301.DescribeAgreement' is not answered here"),
        ("AWSLicenseManager.CheckoutLicense", CONTENT_TYPE, 400, "'AWSLicenseManager.Checkout"),
        ("AWSMPMeteringService.MeterUsages", CONTENT_TYPE, 400, "the nearest is MeterUsage"),
        (TARGET_PREFIX + "BatchMeterUsage", "text/plain", 404, "the content type is not"),
    ],
)
def test_a_closed_door_says_what_is_behind_the_open_ones(
    market, target, content_type, status, said
):
    """The answer has AWS's form, and the explanation names what is answered."""
    answer = exchange(market, target=target, content_type=content_type)
    assert answer.status == status
    request_id = answer.headers["x-amzn-RequestId"]
    summary = market.control.get(f"requests/{request_id}")["explanation"]["summary"]
    assert said in summary
    if status == 400:
        assert answer.document == {"__type": "UnknownOperationException"}
        assert "BatchMeterUsage, MeterUsage, RegisterUsage, ResolveCustomer of" in summary


def test_an_action_of_the_query_protocol_is_named(market):
    """As a smoke test of credentials asks STS."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = exchange(
        market, body, drop=["X-Amz-Target"], content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")
    request_id = answer.headers["x-amzn-RequestId"]
    summary = market.control.get(f"requests/{request_id}")["explanation"]["summary"]
    assert "'GetCallerIdentity' is not answered here" in summary
