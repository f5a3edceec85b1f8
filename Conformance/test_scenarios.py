"""Scenarios that a seller's service lives through, in marketplace time, and what the check says."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server import running

PRODUCT = "demosaasconcurrent0000001"
SELLER = Path(__file__).parent / "seller.py"
# Real seconds for the service after each move of the clock; it looks for hours more often.
PACE = "0.7"
# Scenarios that are played at the same time, each on a server of its own.
AT_ONCE = 4
COMMAND_SECONDS = 120

HOUR = r"\d{4}-\d\d-\d\dT\d\d:00:00Z"
REQUEST = r"[0-9a-f]{8}-[0-9a-f-]{27}"
FIVE = """
title: Two hours of five
steps:
  - account: {accountId: $newBuyer, role: buyer, name: Newcomer}
  - agreement: {as: first, productCode: $product, buyerAccountId: $newBuyer}
  - hours: 2
expect:
  - {agreement: first, dimension: $dimension, from: +0h, to: +2h, quantity: 5.0}
"""


@dataclass
class Play:
    """A scenario, the service that lives through it, and what the check should say."""

    scenario: str
    options: list = field(default_factory=list)
    text: str = None
    status: int = 0
    lines: list = field(default_factory=list)

    def __str__(self):
        return " ".join([self.scenario, *self.options])


def wrong(scenario, options, *lines, text=None):
    """A play of a faulty service."""
    return Play(scenario, options, text=text, status=1, lines=list(lines))


WELL = [
    Play("new-buyer"),
    Play("upgrade"),
    Play("cancellation"),
    Play("month-end"),
    Play("throttled-burst"),
    Play("lost-replies", ["--by", "product"]),
    Play("two-agreements"),
    Play("suspended-buyer"),
    Play("migration", ["--migrates-after", "2"]),
    Play("./five.yaml", text=FIVE),
]

ILL = [
    wrong(
        "cancellation",
        ["--skips", "1"],
        rf"{HOUR}  leaving requests  lost: nothing was recorded, and no request tried to",
    ),
    wrong(
        "month-end",
        ["--lag", "6"],
        rf"{HOUR}  monthly requests  late: request {REQUEST} was refused, "
        "TimestampOutOfBoundsException",
    ),
    wrong(
        "throttled-burst",
        ["--gives-up"],
        rf"{HOUR}  busy requests  refused: request {REQUEST} got ThrottlingException, "
        "and none after it succeeded",
        r"Refused with ThrottlingException: 2 \(.*\)",
    ),
    wrong(
        "suspended-buyer",
        ["--gives-up"],
        rf"{HOUR}  paused requests  refused: request {REQUEST} got CustomerNotSubscribed, "
        "and none after it succeeded",
    ),
    wrong(
        "migration",
        ["--by", "both"],
        rf"{HOUR}  moved requests  double: billed as \S+ by (ProductCode|LicenseArn) and as "
        r"\S+ by (ProductCode|LicenseArn)",
    ),
    wrong(
        "./five.yaml",
        ["--quantity", "7"],
        rf"{HOUR}  first requests  wrong: 7 was recorded, not 5, as \S+",
        text=FIVE,
    ),
]


def turnpike(folder, endpoint, *arguments):
    """Runs the command line against a server."""
    return subprocess.run(
        [os.environ["TURNPIKE_BINARY"], *arguments],
        env={**os.environ, "TURNPIKE_ENDPOINT": endpoint},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def played(play, folder):
    """Plays a scenario while the service runs, and gives what was printed."""
    folder.mkdir()
    if play.text:
        (folder / play.scenario).write_text(play.text)
    with running("--in-memory", "--demo") as endpoint:
        keys = json.loads(turnpike(folder, endpoint, "env", "--json").stdout)
        service = subprocess.Popen(
            [
                *(os.environ["TURNPIKE_BINARY"], "clock", "run", "--endpoint", endpoint, "--"),
                *(sys.executable, str(SELLER), PRODUCT, *play.options),
            ],
            env={**os.environ, **keys, "TURNPIKE_ENDPOINT": endpoint},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert service.stdout.readline() == "ready\n"
            run = turnpike(folder, endpoint, "scenario", "run", play.scenario, "--pace", PACE)
            check = turnpike(folder, endpoint, "scenario", "check", play.scenario)
        finally:
            service.terminate()
            service.wait(COMMAND_SECONDS)
        return run, check


@pytest.fixture(scope="module")
def plays(tmp_path_factory):
    """All of them, played some at a time."""
    folder = tmp_path_factory.mktemp("scenarios")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {
            str(play): pool.submit(played, play, folder / str(number))
            for number, play in enumerate(WELL + ILL)
        }
        yield futures


@pytest.mark.parametrize("play", WELL, ids=str)
def test_a_good_service(plays, play):
    """It leaves every hour behind, once, whatever happens to it."""
    run, check = plays[str(play)].result()
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith(
        f"The scenario is over: 'turnpike scenario check {play.scenario}' compares.\n"
    )
    assert check.returncode == 0, check.stdout + run.stdout
    assert re.match(r"(\d+) of \1 hours are as expected\.\n", check.stdout)


@pytest.mark.parametrize("play", ILL, ids=str)
def test_a_faulty_service(plays, play):
    """The check names each hour that is not as it should be, the reason, and the request."""
    run, check = plays[str(play)].result()
    assert run.returncode == 0, run.stderr
    assert check.returncode == 1, check.stdout
    for line in play.lines:
        assert re.search(f"^{line}$", check.stdout, re.MULTILINE), check.stdout


def test_the_library(tmp_path):
    """Every scenario that comes along is listed with its title, and can be printed."""
    listed = turnpike(tmp_path, "", "scenario", "list").stdout.splitlines()
    names = [line.split()[0] for line in listed]
    assert sorted(names) == sorted(play.scenario for play in WELL if not play.text)
    for line in listed:
        name, title = re.match(r"(\S+) +(.*)", line).groups()
        text = turnpike(tmp_path, "", "scenario", "show", name).stdout
        assert text.startswith(f"title: {title}\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("  - cancel: second", "no agreement before this is called 'second'"),
        ("  - faults: [{cut: now}]", "'now' is none of beforeWork, afterCommit"),
        ("  - hours: -2", "1 to 10000 hours are expected"),
    ],
)
def test_a_mistake(tmp_path, line, reason):
    """It is told with its line before anything is played."""
    text = FIVE.replace("  - hours: 2", line)
    (tmp_path / "mine.yaml").write_text(text)
    with running("--in-memory", "--demo") as endpoint:
        before = turnpike(tmp_path, endpoint, "clock").stdout.split()[-1]
        result = turnpike(tmp_path, endpoint, "scenario", "run", "mine.yaml", "--pace", "0")
        assert result.returncode == 1
        assert re.search(rf"mine\.yaml:6: .*{re.escape(reason)}", result.stderr), result.stderr
        assert result.stdout == ""
        assert turnpike(tmp_path, endpoint, "events").stdout.count("Newcomer") == 0
        assert turnpike(tmp_path, endpoint, "clock").stdout.split()[-1] == before
