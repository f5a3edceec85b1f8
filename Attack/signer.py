"""Signature Version 4, by hand, so that it can also sign what no SDK would."""

import hashlib
import hmac
from datetime import datetime, timezone

CONTENT_TYPE = "application/x-amz-json-1.1"
TARGET_PREFIX = "AWSMPMeteringService."


def signed(
    key, host, operation, body, region="us-east-1", moment=None, names=None, fields=(),
    target_prefix=TARGET_PREFIX,
):
    """The fields of a signed request; `names` replaces the list of the fields that are signed."""
    moment = datetime.now(timezone.utc) if moment is None else moment
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    all_fields = [
        ("Content-Type", CONTENT_TYPE),
        ("Host", host),
        ("X-Amz-Date", stamp),
        ("X-Amz-Target", target_prefix + operation),
        *fields,
    ]
    values = {name.lower(): value for name, value in all_fields}
    names = sorted(values) if names is None else names
    canonical = "\n".join(
        ["POST", "/", ""]
        + [f"{name}:{' '.join(values.get(name.lower(), '').split())}" for name in names]
        + ["", ";".join(names), hashlib.sha256(body).hexdigest()]
    )
    scope = f"{stamp[:8]}/{region}/aws-marketplace/aws4_request"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    secret = ("AWS4" + key["secretAccessKey"]).encode()
    for part in (stamp[:8], region, "aws-marketplace", "aws4_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={key['accessKeyId']}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    token = [("X-Amz-Security-Token", key["sessionToken"])] if key.get("sessionToken") else []
    return [*all_fields, *token, ("Authorization", authorization)]
