"""Fixtures that every suite shares."""

import os

import pytest

from market import Market
from server import running


@pytest.fixture(scope="session")
def endpoint():
    """Where the server under test listens."""
    address = os.environ.get("TURNPIKE_ENDPOINT")
    if not address:
        pytest.exit("TURNPIKE_ENDPOINT must hold the server's address: use Scripts/conformance", 2)
    return address.rstrip("/")


@pytest.fixture(scope="module")
def own_endpoint():
    """A server that only this module uses."""
    with running("--in-memory") as endpoint:
        yield endpoint


@pytest.fixture
def market(endpoint):
    """A seller of the test's own, on a server that it shares with the others."""
    return Market(endpoint)
