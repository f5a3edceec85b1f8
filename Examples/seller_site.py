"""A seller's site in one file: it takes the buyer from the marketplace and meters the use.

It keeps everything in memory and asks nobody to log in, to stay short. boto3 finds its endpoint,
region and keys in the environment: eval "$(turnpike env)".
"""

import os
from collections import Counter
from datetime import datetime, timezone
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs

import boto3
from botocore.exceptions import ClientError

DIMENSION = "requests"
# AWS takes as many records in a request.
BATCH = 25

metering = boto3.client("meteringmarketplace")
lock = Lock()
# What ResolveCustomer said, by licence: a buyer may hold several agreements.
buyers = {}
# What was used and is not reported, by licence.
used = Counter()


def register(token):
    """Asks AWS who the buyer is, and keeps the answer; the token itself is worthless later."""
    answer = metering.resolve_customer(RegistrationToken=token)
    with lock:
        buyers[answer["LicenseArn"]] = answer
    return answer


def report():
    """Meters what was used; call it once an hour, because an hour has one record a licence."""
    with lock:
        pending = {licence: count for licence, count in used.items() if count}
    now = datetime.now(timezone.utc)
    records = [
        {
            "Timestamp": now,
            "CustomerAWSAccountId": buyers[licence]["CustomerAWSAccountId"],
            "LicenseArn": licence,
            "Dimension": DIMENSION,
            "Quantity": count,
        }
        for licence, count in pending.items()
    ]
    lines = []
    for start in range(0, len(records), BATCH):
        answer = metering.batch_meter_usage(UsageRecords=records[start : start + BATCH])
        for result in answer["Results"]:
            licence = result["UsageRecord"]["LicenseArn"]
            lines.append(f"{licence} {result['Status']}")
            # What is in UnprocessedRecords, or not a Success, stays and is reported next time.
            if result["Status"] == "Success":
                with lock:
                    used[licence] -= result["UsageRecord"]["Quantity"]
    return lines


class Site(BaseHTTPRequestHandler):
    """POST /register comes from the marketplace, POST /use and POST /report are our own."""

    def do_POST(self):
        """Answers a form."""
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
        try:
            if self.path == "/register":
                # parse_qs has undone the form's encoding: undoing it twice breaks the token.
                buyer = register(form["x-amzn-marketplace-token"][0])
                trial = form.get("x-amzn-marketplace-offer-type") == ["free-trial"]
                self.answer(200, welcome(buyer, trial))
            elif self.path == "/use" and form["licence"][0] in buyers:
                with lock:
                    used[form["licence"][0]] += 1
                self.answer(200, "<p>Used once.</p>")
            elif self.path == "/report":
                self.answer(200, "".join(f"<p>{escape(line)}</p>" for line in report()))
            else:
                self.answer(404, "<p>There is nothing here.</p>")
        except KeyError as error:
            self.answer(400, f"<p>The form lacks {escape(str(error))}.</p>")
        except ClientError as error:
            # Tokens expire after four hours: the buyer must come from the marketplace again.
            self.answer(400, f"<p>{escape(str(error))}</p>")

    def answer(self, status, page):
        """Sends a page."""
        body = f"<!doctype html><title>Acme</title>{page}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def welcome(buyer, is_trial):
    """What a buyer sees first."""
    account, licence = escape(buyer["CustomerAWSAccountId"]), escape(buyer["LicenseArn"])
    return (
        f"<h1>Welcome, {account}</h1><p>{'Your free trial' if is_trial else licence}</p>"
        f"<form method=post action=/use><input type=hidden name=licence value='{licence}'>"
        "<button>Use it once</button></form>"
        "<form method=post action=/report><button>Report the hour</button></form>"
    )


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "3000"))
    print(f"The seller's site is on http://localhost:{port}/register", flush=True)
    ThreadingHTTPServer(("127.0.0.1", port), Site).serve_forever()
