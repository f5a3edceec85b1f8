"""Runs attacks, each round in a process of its own, and says how to repeat what they find."""

import argparse
import importlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from server import Refused
from trial import ATTACKS, Finding, Trial
from wire import Broken

FILES = sorted(Path(__file__).parent.glob("attack_*.py"))
PARTS = [path.stem.removeprefix("attack_") for path in FILES]


def main():
    """Reads the arguments and runs what they name."""
    parser = argparse.ArgumentParser(
        prog="Scripts/attack", description="Attacks a built server. Parts: " + ", ".join(PARTS))
    parser.add_argument("names", nargs="*", metavar="PART|PART.ATTACK", help="all when absent")
    parser.add_argument("--seed", type=int, help="one round, of this seed")
    parser.add_argument("--short", action="store_true", help="what `make test` does")
    parser.add_argument("--minutes", type=float, default=25, help="of the long form, 25")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="rounds at once")
    parser.add_argument("--keep-going", action="store_true", help="go on after a finding")
    parser.add_argument("--list", action="store_true", help="name the attacks")
    parser.add_argument("--round", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for part in PARTS:
        importlib.import_module(f"attack_{part}")
    if options.round:
        sys.exit(one_round(ATTACKS[options.round], options.seed))
    chosen = [attack for name, attack in ATTACKS.items() if is_named(name, options.names)]
    unknown = [name for name in options.names if not any(is_named(a.name, [name]) for a in chosen)]
    if unknown:
        parser.error(f"there is no attack '{unknown[0]}'; --list names them")
    if options.list:
        for attack in chosen:
            print(f"{attack.name:24} {attack.text}")
        return
    sys.exit(Campaign(chosen, options).run())


def is_named(name, names):
    """Whether an attack is one of those named, itself or by its part."""
    return not names or name in names or name.partition(".")[0] in names


def one_round(attack, seed):
    """Makes one round in this process; the exit status tells what it found."""
    try:
        with Trial(seed) as trial:
            attack.round(trial)
    except Finding as finding:
        print(finding)
        return 1
    except (Broken, Refused, OSError) as error:
        # Where an attack expects these, it catches them itself.
        traceback.print_exc(file=sys.stdout)
        print(f"{type(error).__name__}: {error}")
        return 1
    return 0


class Campaign:
    """All the attacks of one run."""

    def __init__(self, attacks, options):
        self.options = options
        if options.short and options.seed is None:
            attacks = [attack for attack in attacks if attack.rounds]
        self.attacks = attacks
        self.started = time.monotonic()
        self.first_seed = options.seed if options.seed is not None else (
            1 if options.short else int(time.time()) % 1_000_000)
        self.lock = threading.Lock()
        self.passed = self.failed = 0
        self.processes = set()
        self.is_over = False
        # Everything of all rounds, those that are killed as well.
        self.folder = tempfile.mkdtemp(prefix="turnpike-attack-")

    def run(self):
        """Runs them and gives the exit status."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        lanes = queue.SimpleQueue()
        for attack in sorted(self.attacks, key=lambda attack: -attack.limit):
            if not attack.waits:
                lanes.put(attack)
        threads = [threading.Thread(target=self.lane, args=(lanes,), daemon=True)
                   for _ in range(self.options.jobs)]
        threads += [threading.Thread(target=self.repeat, args=(attack,), daemon=True)
                    for attack in self.attacks if attack.waits]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(1)
        finally:
            self.is_over = True
            for process in list(self.processes):
                kill_group(process)
            shutil.rmtree(self.folder, ignore_errors=True)
        parts = [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.passed} passed"] if self.passed or not parts else []
        print(f"{', '.join(parts)} in {time.monotonic() - self.started:.1f}s", flush=True)
        return 1 if self.failed else 0

    def lane(self, attacks):
        """Takes attacks until there are none."""
        while True:
            try:
                attack = attacks.get_nowait()
            except queue.Empty:
                return
            self.repeat(attack)

    def budget(self, attack):
        """The seconds that the long form gives to an attack's rounds."""
        busy = [other for other in self.attacks if not other.waits]
        total = self.options.minutes * 60 * self.options.jobs
        return total * attack.share / max(sum(other.share for other in busy), 1)

    def repeat(self, attack):
        """Makes the rounds of an attack, as many as the form has."""
        begun, rounds, found = time.monotonic(), 0, []
        while not self.is_over and (not found or self.options.keep_going):
            text = self.round(attack, self.first_seed + rounds)
            if text is not None:
                found.append(text)
                self.report(attack, self.first_seed + rounds, text)
            rounds += 1
            spent = time.monotonic() - begun
            if self.options.seed is not None or (attack.waits and rounds >= max(attack.rounds, 1)):
                break
            if rounds >= attack.rounds and (
                self.options.short or spent * (rounds + 1) / rounds > self.budget(attack)
            ):
                break
        with self.lock:
            self.failed += bool(found)
            self.passed += not found
            state = f"{len(found)} of {rounds} rounds FAILED" if found else f"{rounds} rounds"
            print(f"{attack.name}: {state}, {time.monotonic() - begun:.0f} s", flush=True)

    def round(self, attack, seed):
        """One round in a process group of its own; gives what it found."""
        process = subprocess.Popen(
            [sys.executable, __file__, "--round", attack.name, "--seed", str(seed)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "TMPDIR": self.folder})
        self.processes.add(process)
        try:
            output, _ = process.communicate(timeout=attack.limit)
        except subprocess.TimeoutExpired:
            kill_group(process)
            return f"the round had not ended after {attack.limit} s"
        finally:
            kill_group(process)
            self.processes.discard(process)
        if process.returncode == 0:
            return None
        return output.decode(errors="replace").strip() or f"it ended with {process.returncode}"

    def report(self, attack, seed, text):
        """Prints a finding and the line that repeats it."""
        with self.lock:
            print(f"FAILED {attack.name}: {attack.text}")
            print("\n".join("    " + line[:2000] for line in text.splitlines()))
            print(f"    repeat it with: Scripts/attack {attack.name} --seed {seed}", flush=True)


def kill_group(process):
    """Ends a round with every server and command that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
