"""Fixtures that every suite shares."""

import os

import pytest

from market import Market


@pytest.fixture(scope="session")
def endpoint():
    """Where the server under test listens."""
    address = os.environ.get("TURNPIKE_ENDPOINT")
    if not address:
        pytest.exit("TURNPIKE_ENDPOINT must hold the server's address: use Scripts/conformance", 2)
    return address.rstrip("/")


@pytest.fixture
def market(endpoint):
    """A seller of the test's own, on a server that it shares with the others."""
    return Market(endpoint)
