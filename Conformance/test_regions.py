"""The table of AWS's regions that the server goes by is that of the SDK's own endpoint data."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent


@pytest.mark.october_2026
def test_the_table_is_what_the_endpoint_data_say():
    """`Scripts/regions` made it; after an update of botocore, run it again."""
    made = subprocess.run(
        [sys.executable, ROOT / "Scripts" / "regions"], capture_output=True, text=True, check=True
    ).stdout
    table = ROOT / "Sources" / "Marketplace" / "Contracts" / "EndpointTable.swift"
    assert table.read_text() == made
