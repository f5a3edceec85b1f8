"""The sample sites of Examples/, from the buyer's click to the usage in the report."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from botocore.exceptions import ClientError

from market import ControlAPI
from server import running

PRODUCT = "demosaasconcurrent0000001"
BUYER = "222233334444"
START_SECONDS = 30
EXAMPLES = Path(__file__).parent.parent / "Examples"


def command(site):
    """How a site is started."""
    if site == "python":
        return [sys.executable, str(EXAMPLES / "seller_site.py")]
    binary = Path(os.environ["TURNPIKE_BINARY"]).parent / "SellerSite"
    if not binary.exists():
        pytest.skip(f"{binary.name} is not built beside the server")
    return [str(binary)]


@contextmanager
def site_running(site, endpoint):
    """Starts a site with the demo's seller's keys, waits until it listens, gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keys = turnpike(endpoint, "env", "--json")
    assert keys.returncode == 0, keys.stderr
    environment = {**os.environ, **json.loads(keys.stdout), "PORT": str(port)}
    process = subprocess.Popen(command(site), env=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not listens(port):
            assert process.poll() is None and time.monotonic() < deadline, "the site did not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def listens(port):
    """Whether something takes connections there."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def turnpike(endpoint, *arguments):
    """Runs a command against the server."""
    return subprocess.run(
        [os.environ["TURNPIKE_BINARY"], *arguments, "--endpoint", endpoint],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )


def post(address, **fields):
    """What a page answers to a form."""
    data = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(address, data, timeout=START_SECONDS) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def send_buyers(control, address):
    """Has the product's buyers sent to a site."""
    product = control.get(f"products/{PRODUCT}")
    del product["productCode"]
    control.put(f"products/{PRODUCT}", {**product, "fulfillmentURL": address})


@contextmanager
def careless_site(endpoint):
    """A site that undoes the form's encoding twice, and tells the buyer that all is well."""
    keys = json.loads(turnpike(endpoint, "env", "--json").stdout)
    client = boto3.client(
        "meteringmarketplace",
        endpoint_url=endpoint,
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )

    class Site(BaseHTTPRequestHandler):
        """Answers every form with 200."""

        def do_POST(self):
            """Resolves what is left of the token."""
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token = urllib.parse.parse_qs(form)["x-amzn-marketplace-token"][0]
            try:
                client.resolve_customer(RegistrationToken=urllib.parse.unquote_plus(token))
            except ClientError:
                pass
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    site = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{site.server_port}/register"
    finally:
        site.shutdown()
        site.server_close()


def test_a_site_that_breaks_the_token():
    """Who tries such a site is told what became of the token, though the site says 200."""
    with running("--in-memory", "--demo") as endpoint, careless_site(endpoint) as address:
        send_buyers(ControlAPI(endpoint), address)
        visit = turnpike(endpoint, "subscribe", PRODUCT, "--buyer", BUYER, "--post", "--wait", "1")
        assert visit.returncode == 1
        assert "did not resolve the token within 1 s" in visit.stderr
        assert "InvalidTokenException" in visit.stderr
        assert "URL-decoded once too often" in visit.stderr


@pytest.mark.parametrize("site", ["python", "swift"])
def test_from_the_click_to_the_bill(site):
    """A buyer subscribes, is known to the site, uses it, and the use is in the report."""
    with running("--in-memory", "--demo") as endpoint, site_running(site, endpoint) as address:
        control = ControlAPI(endpoint)
        send_buyers(control, f"{address}/register")
        visit = turnpike(endpoint, "subscribe", PRODUCT, "--buyer", BUYER, "--post", "--wait", "5")
        assert visit.returncode == 0, visit.stdout + visit.stderr
        assert f"POST {address}/register: HTTP 200" in visit.stdout
        assert "The site resolved the token" in visit.stdout
        (agreement,) = [
            item
            for item in control.get("agreements")["items"]
            if (item["productCode"], item["buyerAccountId"]) == (PRODUCT, BUYER)
        ]
        licence = agreement["licenseArn"]
        for _ in range(3):
            assert post(f"{address}/use", licence=licence)[0] == 200
        status, page = post(f"{address}/report")
        assert (status, page.count("Success")) == (200, 1)
        (record,) = control.get("usage", productCode=PRODUCT)["items"]
        assert (record["licenseArn"], record["dimension"]) == (licence, "requests")
        assert (record["buyerAccountId"], record["quantity"]) == (BUYER, "3")


@pytest.mark.parametrize("site", ["python", "swift"])
def test_a_token_that_is_none(site):
    """Who comes with a made-up token is told so, and is no buyer."""
    with running("--in-memory", "--demo") as endpoint, site_running(site, endpoint) as address:
        status, page = post(f"{address}/register", **{"x-amzn-marketplace-token": "made up"})
        assert status == 400
        assert "InvalidTokenException" in page
        assert post(f"{address}/use", licence="made up")[0] == 404


@pytest.mark.parametrize("site", ["python", "swift"])
def test_a_form_without_a_token(site):
    """A form that is not the marketplace's is the sender's mistake."""
    with running("--in-memory", "--demo") as endpoint, site_running(site, endpoint) as address:
        assert post(f"{address}/register", token="misspelled")[0] == 400
