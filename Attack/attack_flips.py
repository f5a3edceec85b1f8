"""Bits that the disk has changed, in the data file and in the log that a kill leaves."""

import os
import shutil

from server import Refused
from trial import attack
from witness import Witness

# B-trees of indexes and of tables without row ids, then those of tables: leaves and inner pages.
KINDS = {0x0A: 3, 0x02: 3, 0x05: 2, 0x0D: 1}


@attack(rounds=1, share=4, limit=400)
def file(trial):
    """A bit of a stopped server's file is flipped: each answer is right, or is refused."""
    path = trial.path("whole.db")
    server = trial.server("--data", path)
    witness = Witness(server, trial.random, 130)
    server.stop(30)
    learn(trial, witness, path)
    with open(path, "rb") as source:
        whole = source.read()
    for _ in range(30):
        place = place_in_file(trial.random, whole)
        look_at(trial, witness, path, ["", place])


@attack(rounds=1, share=3, limit=400)
def log(trial):
    """A bit of the log is flipped after a kill: each answer is right, or is refused."""
    path = trial.path("whole.db")
    server = trial.server("--data", path)
    if trial.random.random() < 0.7:
        # Otherwise all of the file is in its log, and nothing but the log tells what there was.
        server.stop(30)
        server.start()
    witness = Witness(server, trial.random, 40)
    server.kill()
    os.remove(path + "-shm")
    learn(trial, witness, path)
    with open(path + "-wal", "rb") as source:
        end = certain_end(source.read())
    for _ in range(12):
        place = trial.random.randrange(end), trial.random.randrange(8)
        look_at(trial, witness, path, ["-wal", place])


def learn(trial, witness, path):
    """Learns the answers from an undamaged copy, which has to agree with itself."""
    copy = copied(trial, path, "learnt.db")
    server = trial.server("--data", copy)
    witness.learn(server)
    refused, wrong = witness.judge(server)
    trial.check(not refused and not wrong, f"undamaged: {refused} refusals; {wrong[:3]}")
    server.kill()


def copied(trial, path, name, suffix=None, flip=None):
    """A copy of a data file, with its log where it has one, and with a flipped bit."""
    copy = trial.path(name)
    for end in ("", "-wal", "-shm", "-lock", "-mark"):
        if os.path.exists(copy + end):
            os.remove(copy + end)
        if end in ("", "-wal", "-mark") and os.path.exists(path + end):
            shutil.copy(path + end, copy + end)
    if flip is not None:
        place, bit = flip
        with open(copy + suffix, "r+b") as target:
            target.seek(place)
            byte = target.read(1)[0]
            target.seek(place)
            target.write(bytes([byte ^ 1 << bit]))
    return copy


def look_at(trial, witness, path, flip):
    """Starts a server on a damaged copy and judges all that it tells."""
    suffix, (place, bit) = flip
    what = f"byte {place}, bit {bit} of the {'log' if suffix else 'file'}"
    copy = copied(trial, path, "verified.db", *flip)
    status, verdict = trial.command("verify", copy)
    trial.check(
        status == 0 or status == 1 and verdict.strip(), f"{what}: verify: {status} {verdict!r}")
    server = trial.unstarted("--data", copied(trial, path, "damaged.db", *flip))
    try:
        server.start()
        refused, wrong = witness.judge(server)
    except Refused as refusal:
        trial.check(
            refusal.status == 1 and refusal.text.strip(), f"{what}: the start ends: {refusal}")
        refused, wrong = 1, []
        server = None
    if server is not None:
        trial.lives(server)
        server.kill()
        os.remove(server.log)
    if wrong or (refused and status == 0):
        what += f" ({kept(trial, path, flip)})"
    said = "sound" if status == 0 else f"damaged ({verdict.strip().splitlines()[-1][:200]})"
    trial.check(
        not wrong, f"{what}: {len(wrong)} answers are wrong, and verify says {said}:\n"
        + "\n".join(line[:600] for line in wrong[:4]))
    trial.check(
        not refused or status == 1,
        f"{what}: the server refuses {refused} times, and verify says {said}")


def kept(trial, path, flip):
    """Keeps the damaged files, whose ids no other round has, and says where."""
    folder = os.path.join(".build", "attack")
    os.makedirs(folder, exist_ok=True)
    copy = copied(trial, path, "kept.db", *flip)
    name = os.path.join(folder, f"flips-{trial.seed}.db")
    for end in ("", "-wal", "-mark"):
        if os.path.exists(copy + end):
            shutil.copy(copy + end, name + end)
    return f"kept as {name}"


def place_in_file(random, whole):
    """A byte and a bit, more often where the structure of SQLite's trees is."""
    size = int.from_bytes(whole[16:18], "big")
    pages = range(0, len(whole), size)
    weights = [KINDS.get(whole[page + (100 if page == 0 else 0)], 1) for page in pages]
    page = random.choices(pages, weights)[0]
    start = page + (100 if page == 0 and random.random() < 0.7 else 0)
    cells = int.from_bytes(whole[start + 3:start + 5], "big")
    content = int.from_bytes(whole[start + 5:start + 7], "big")
    is_tree = whole[start] in KINDS and cells and content < size
    if is_tree and random.random() < 0.25:
        place = start + random.randrange(8 + 2 * cells)
    elif is_tree:
        place = page + random.randrange(content, size)
    else:
        place = page + random.randrange(size)
    return place, random.randrange(8)


def certain_end(log):
    """Where the last commit but one ends: a change behind it could be a commit that never was."""
    size, salts = int.from_bytes(log[8:12], "big"), log[16:24]
    commits = []
    for start in range(32, len(log), 24 + size):
        if log[start + 8:start + 16] != salts:
            break
        if int.from_bytes(log[start + 4:start + 8], "big"):
            commits.append(start + 24 + size)
    return commits[-2]
