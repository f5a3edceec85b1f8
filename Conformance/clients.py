"""AWS's own clients, pointed at the server under test, and requests that they would not send."""

import hashlib
import http.client
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

CONTENT_TYPE = "application/x-amz-json-1.1"
TARGET_PREFIX = "AWSMPMeteringService."
REQUEST_SECONDS = 30

_session = boto3.session.Session()


def metering(market, credential=None, region="us-east-1", config=None):
    """An unmodified SDK client; the seller's unless a credential is given, and without retries."""
    credential = market.seller if credential is None else credential
    return _session.client(
        "meteringmarketplace",
        endpoint_url=market.endpoint,
        region_name=region,
        aws_access_key_id=credential["accessKeyId"],
        aws_secret_access_key=credential["secretAccessKey"],
        aws_session_token=credential.get("sessionToken"),
        config=config or Config(retries={"total_max_attempts": 1}),
    )


def refusal(call, **parameters):
    """The error's code and message of a call that must fail with status 400."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"the call succeeded: {answer}")


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def document(self):
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self):
        """The error's type and message, whichever way the key is spelled."""
        document = self.document
        return document["__type"], document.get("message", document.get("Message"))


class DatedAuth(SigV4Auth):
    """Signs for a moment of the caller's choosing."""

    def __init__(self, credentials, service, region, moment):
        super().__init__(credentials, service, region)
        self.moment = moment

    def add_auth(self, request):
        """Signs as the SDK does, but for the moment."""
        request.context["timestamp"] = self.moment.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


def signed_headers(
    market, credential, body, target, region="us-east-1", service="aws-marketplace", moment=None,
    headers=None, method="POST", path="/",
):
    """The headers of a request as AWS's clients sign it."""
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target, **(headers or {})}
    request = AWSRequest(method, market.endpoint + path, headers=headers, data=body)
    keys = Credentials(
        credential["accessKeyId"], credential["secretAccessKey"], credential.get("sessionToken")
    )
    moment = datetime.now(timezone.utc) if moment is None else moment
    DatedAuth(keys, service, region, moment).add_auth(request)
    return dict(request.headers.items())


def send(market, body, headers, method="POST", path="/", chunked=False):
    """Sends exactly these headers and bytes."""
    address = urlsplit(market.endpoint)
    connection = http.client.HTTPConnection(
        address.hostname, address.port, timeout=REQUEST_SECONDS
    )
    try:
        data = (body[i : i + 7] for i in range(0, len(body), 7)) if chunked else body
        connection.request(method, path, body=data, headers=headers, encode_chunked=chunked)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def raw(market, operation, body, credential=None, **options):
    """Sends a signed request for an operation; the body is bytes, or becomes JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    credential = market.seller if credential is None else credential
    headers = signed_headers(market, credential, data, TARGET_PREFIX + operation, **options)
    return send(market, data, headers)


def sha256(body):
    """The hash of a body as a header spells it."""
    return hashlib.sha256(body).hexdigest()
