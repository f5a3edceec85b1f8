"""Kills without warning, at moments that nobody chose well."""

import sqlite3
import time
import uuid
from decimal import Decimal

from market import BUYERS, NOON, Client, Shop, instant, iso
from metering import Metering
from trial import attack


def check_sound(trial, path):
    """`turnpike verify` finds the file sound."""
    status, text = trial.command("verify", path)
    trial.check(status == 0, f"`turnpike verify` says: {text[:1000]}")


@attack(rounds=1, share=3)
def metering(trial):
    """Kills while clients report: what was acknowledged is there once, and keeps its id."""
    server, dice = trial.server("--data", trial.path("x.db")), trial.random
    shop = Shop(server, dimensions=[f"d{number}" for number in range(30)])
    known, tokens = {}, {}
    for _ in range(3):
        clients = Metering(server, shop, dice, lambda dice: (
            dice.choice(BUYERS[:2]), dice.choice(shop.dimensions), dice.randrange(20),
            dice.choice([1, 2, 3])), tokens=0.3)

        def kill():
            clients.wait_for(dice.randrange(1, 400))
            time.sleep(dice.random() * 0.01)
            server.kill()

        clients.beside(kill)
        check_sound(trial, trial.path("x.db"))
        server.start()
        client = Client(server)
        for report in clients.reports:
            if report.identity:
                first = known.setdefault(report.key, (report.identity, report.quantity))
                trial.check(
                    first == (report.identity, report.quantity), f"{report}, after {first}")
        # What nobody knows is asked again, and so is some of what everybody knows.
        unknown = [report for report in clients.reports if report.ended is None]
        certain = [report for report in clients.reports if report.identity]
        for report in unknown + dice.sample(certain, min(40, len(certain))):
            clients.send(client, report)
            if report.identity:
                told = (report.identity, report.quantity)
                first = known.setdefault(report.key, told)
                trial.check(first == told, f"sent again after a kill: {report}, before {first}")
        compare(trial, client, known)
        client.close()
    trial.ends_well(server)
    check_sound(trial, trial.path("x.db"))


def compare(trial, client, known):
    """The list holds exactly what was acknowledged."""
    listed = {}
    for item in client.items("usage", limit=1000):
        trial.check(item["meteringRecordId"] not in listed, f"listed twice: {item}")
        listed[item["meteringRecordId"]] = item
    for key, (identity, quantity) in known.items():
        item = listed.pop(identity, None)
        trial.check(item is not None, f"acknowledged and lost: {key} {identity} {quantity}")
        trial.check(Decimal(item["quantity"]) == quantity, f"{key} of {quantity}: {item}")
    trial.check(
        not listed, f"{len(listed)} records nobody was told of: {list(listed.values())[:2]}")


@attack(rounds=1, share=1)
def first_start(trial):
    """Kills at the first start of a new file: the next start makes it whole."""
    for number in range(15):
        path = trial.path(f"new-{number}.db")
        server = trial.unstarted("--data", path)
        for _ in range(trial.random.choice([1, 1, 2, 3])):
            server.spawn()
            time.sleep(trial.random.random() * 0.08)
            server.kill()
        server.start()
        shop = Shop(server)
        status, answer = shop.batch(shop.client, [shop.record("requests", 5)])
        trial.check(
            status == 200 and answer["Results"][0]["Status"] == "Success", f"{status} {answer}")
        shop.client.close()
        server.kill()
        check_sound(trial, path)


@attack(rounds=1, share=2)
def old_file(trial):
    """Kills while a file of the first format is rewritten: it ends with all that was in it."""
    dice, path = trial.random, trial.path("old.db")
    records = write_first_format(path, 12_000)
    # How long it takes without a kill, on another file, so that kills fall into it.
    write_first_format(trial.path("other.db"), 12_000)
    begun = time.monotonic()
    trial.server("--data", trial.path("other.db"))
    took = time.monotonic() - begun
    server = trial.unstarted("--data", path)
    for _ in range(3):
        server.spawn()
        time.sleep(dice.random() * took)
        server.kill()
    server.start()
    client = Client(server)
    told = {(item["dimension"], item["hour"]): (Decimal(item["quantity"]), item["records"])
            for item in client.items("usage/totals", groupBy="dimension,hour", limit=1000)}
    wanted = {}
    for dimension, hour, quantity in records:
        sum_, count = wanted.get((dimension, hour), (0, 0))
        wanted[dimension, hour] = (sum_ + quantity, count + 1)
    different = [key for key in wanted.keys() | told.keys() if wanted.get(key) != told.get(key)]
    trial.check(not different, f"{len(different)} sums differ, of {sorted(different)[:3]}: "
                f"{[(told.get(key), wanted.get(key)) for key in sorted(different)[:3]]}")
    trial.ends_well(server)
    check_sound(trial, path)


FIRST_FORMAT = """
PRAGMA application_id = 1416983150;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES ('1 ledger and catalog');
CREATE TABLE series (
    id INTEGER PRIMARY KEY, product_code TEXT NOT NULL, dimension TEXT NOT NULL,
    buyer_account_id TEXT NOT NULL, region TEXT NOT NULL, resource_id TEXT,
    space INTEGER NOT NULL, license_arn TEXT) STRICT;
CREATE INDEX series_by_usage
    ON series (product_code, dimension, buyer_account_id, region, resource_id);
CREATE TABLE usage_record (
    hour INTEGER NOT NULL, series INTEGER NOT NULL, occurrence INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16), quantity INTEGER NOT NULL CHECK (quantity >= 0),
    timestamp INTEGER NOT NULL, recorded_at INTEGER NOT NULL, operation INTEGER NOT NULL,
    billed_twice INTEGER NOT NULL, allocations TEXT,
    PRIMARY KEY (hour, series, occurrence)) STRICT, WITHOUT ROWID;
CREATE TABLE client_token (
    account_id TEXT NOT NULL, resource_id TEXT NOT NULL, region TEXT NOT NULL,
    token TEXT NOT NULL, request_digest BLOB NOT NULL CHECK (length(request_digest) = 16),
    record_id BLOB NOT NULL CHECK (length(record_id) = 16), expires_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, resource_id, region, token)) STRICT, WITHOUT ROWID;
CREATE INDEX client_token_by_expiry ON client_token (expires_at);
CREATE TABLE catalog (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
"""


def write_first_format(path, count):
    """Writes a file as the first Turnpike did; gives each record's dimension, hour, quantity."""
    series, hours, records = 40, count // 40, []
    noon = instant(NOON)
    first = int(noon.timestamp()) // 3600 - hours
    database = sqlite3.connect(path)
    database.executescript(FIRST_FORMAT)
    with database:
        for number in range(series):
            database.execute(
                "INSERT INTO series VALUES (?, 'oldproduct', ?, ?, 'us-east-1', NULL, 1, NULL)",
                (number, f"d{number % 8}", f"{number // 8:012}"))
        for hour in range(first, first + hours):
            moment = iso(noon.fromtimestamp(hour * 3600, noon.tzinfo))
            for number in range(series):
                quantity = (hour * series + number) % 1000
                database.execute(
                    "INSERT INTO usage_record VALUES (?, ?, 0, ?, ?, ?, ?, 1, 0, NULL)",
                    (hour, number, uuid.uuid5(uuid.NAMESPACE_OID, f"{hour}-{number}").bytes,
                     quantity * 1_000_000, hour * 3_600_000 + 1, hour * 3_600_000 + 2))
                records.append((f"d{number % 8}", moment, quantity))
    database.close()
    return records
