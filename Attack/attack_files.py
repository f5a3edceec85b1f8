"""Files that a person, a program or a backup would not hand over like this."""

import os
import re
import time

from market import Shop
from server import Refused, Server
from trial import Finding, attack, peak_megabytes

# A start that reads a small file needs no more, in seconds and MB.
SECONDS, MEGABYTES = 60, 500


@attack(rounds=1)
def aliases(trial):
    """A small YAML file whose aliases multiply is refused, quickly and in little memory."""
    levels, width = trial.random.choice([(8, 9), (9, 9), (12, 6), (30, 2)])
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    bomb = "\n".join(lines) + "\n"
    cyclic = "accounts: &a\n  - *a\n"
    deep = "accounts: " + "[" * 20_000 + "]" * 20_000 + "\n"
    wide = "accounts: [" + ", ".join(["{accountId: x}"] * 20_000) + "]\n"
    for name, text in [("bomb", bomb), ("cyclic", cyclic), ("deep", deep), ("wide", wide)]:
        path = trial.path(f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)
        refuses_to_start(trial, f"--seed {name}", "--in-memory", "--seed", path)
        for command in (["fault", "set", path], ["scenario", "run", path]):
            status, said = trial.command(
                *command, "--endpoint", "http://127.0.0.1:9", bound=SECONDS)
            trial.check(status in (1, 64) and said.strip(), f"{command} {name}: {status} {said!r}")


def refuses_to_start(trial, what, *arguments):
    """A start that has to end by itself, with a sentence."""
    server = Server(trial.path("refused"), *arguments)
    server.spawn()
    trial.servers.append(server)
    deadline, memory = time.monotonic() + SECONDS, 0
    while (
        server.process.poll() is None and time.monotonic() < deadline and memory < MEGABYTES
        and " on http://" not in server.output()
    ):
        memory = max(memory, peak_megabytes(server.process.pid))
        time.sleep(0.02)
    status = server.process.poll()
    server.kill()
    if status is None:
        raise Finding(f"{what}: the start had to be ended, with {memory} MB: {server.output()!r}")
    trial.check(
        status == 1 and "turnpike: " in server.output(),
        f"{what}: status {status}, {server.output()[:500]!r}")


@attack(rounds=1)
def names(trial):
    """One data file has one server, by whatever name it is opened, and odd files have none."""
    path = trial.path("market.db")
    server = trial.server("--data", path)
    shop = Shop(server)
    status, _ = shop.batch(shop.client, [shop.record("requests", 1)])
    trial.check(status == 200, "a report")
    os.symlink(path, trial.path("symbolic.db"))
    os.link(path, trial.path("hard.db"))
    os.mkfifo(trial.path("fifo"))
    os.mkdir(trial.path("folder"))
    with open(trial.path("foreign.db"), "wb") as target:
        target.write(b"not ours " * 1000)
    odd = ["market.db", "symbolic.db", "hard.db", "fifo", "folder", "foreign.db"]
    trial.random.shuffle(odd)
    for name in odd:
        refuses_to_start(trial, f"--data {name}", "--data", trial.path(name))
    trial.lives(server)
    trial.ends_well(server)


@attack(rounds=1)
def verifying(trial):
    """`turnpike verify` leaves a backup and its folder as they were."""
    path = trial.path("market.db")
    server = trial.server("--data", path)
    shop = Shop(server)
    shop.batch(shop.client, [shop.record("requests", 1)])
    server.stop(30)
    folder = trial.path("backups")
    os.mkdir(folder)
    backup = os.path.join(folder, "backup.db")
    with open(path, "rb") as source, open(backup, "wb") as target:
        target.write(source.read())
    os.chmod(backup, 0o444)
    before = state(folder)
    status, text = trial.command("verify", backup)
    trial.check(status == 0 and re.search(r"\b1 record", text), f"verify: {status} {text}")
    trial.check(state(folder) == before, f"verify left {state(folder)}, and found {before}")
    server = trial.unstarted("--data", path)
    try:
        server.start()
    except Refused as refusal:
        trial.check(False, f"after the backup the server does not start: {refusal}")
    trial.ends_well(server)


def state(folder):
    """Names, sizes and permissions of what is in a folder."""
    return {entry.name: (entry.stat().st_size, oct(entry.stat().st_mode))
            for entry in os.scandir(folder)}
