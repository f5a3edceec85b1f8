"""Hostile shapes of HTTP, and mutated bytes."""

import json
import socket
import time

from market import Shop
from signer import signed
from trial import attack
from wire import Broken, Closed, Connection

HOST = b"Host: 127.0.0.1\r\n"
# What follows an ambiguous request: it makes an account, should anybody take it for a request.
EVIL = b'{"role":"buyer","name":"smuggled"}'
SMUGGLED = (
    b"PUT /control/v1/accounts/999999999999 HTTP/1.1\r\n" + HOST
    + b"Content-Length: %d\r\n\r\n" % len(EVIL) + EVIL)


def posted(fields, body=b""):
    """A request that posts something nowhere."""
    return b"POST /nowhere HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


LAST_CHUNK = b"0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# Each has a second reading, or none: the only safe answer is 400 and the end of the connection.
AMBIGUOUS = {
    "both lengths": posted(
        CHUNKED + b"Content-Length: %d\r\n" % (len(SMUGGLED) + len(LAST_CHUNK)), LAST_CHUNK),
    "both lengths, the other way round": posted(b"Content-Length: 5\r\n" + CHUNKED, LAST_CHUNK),
    "two lengths": posted(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(SMUGGLED)),
    "a list of lengths": posted(b"Content-Length: 0, 5\r\n"),
    "a signed length": posted(b"Content-Length: +0\r\n"),
    "a negative length": posted(b"Content-Length: -1\r\n"),
    "a hexadecimal length": posted(b"Content-Length: 0x0\r\n"),
    "a length of 2^64": posted(b"Content-Length: 18446744073709551616\r\n"),
    "no length": posted(b"Content-Length: \r\n"),
    "a blank before the colon": posted(b"Content-Length : 0\r\n"),
    "chunked, then identity": posted(b"Transfer-Encoding: chunked, identity\r\n", LAST_CHUNK),
    "an unknown coding": posted(b"Transfer-Encoding: xchunked\r\n", LAST_CHUNK),
    "chunked twice": posted(CHUNKED + CHUNKED, LAST_CHUNK),
    "a folded coding": posted(b"Transfer-Encoding:\r\n chunked\r\n", LAST_CHUNK),
    "a tab of the other kind": posted(b"Transfer-Encoding: \x0bchunked\r\n", LAST_CHUNK),
    "a bare carriage return": posted(b"X: a\rContent-Length: 5\r\n"),
    "a hexadecimal chunk": posted(CHUNKED, b"0x0\r\n\r\n"),
    "a negative chunk": posted(CHUNKED, b"-1\r\n\r\n"),
    "a chunk of 2^68": posted(CHUNKED, b"fffffffffffffffff0\r\n\r\n"),
    "a chunk longer than it says": posted(CHUNKED, b"1\r\nabc\r\n0\r\n\r\n"),
    "a NUL": posted(b"X: a\0b\r\nContent-Length: 0\r\n"),
    "a blank in a name": posted(b"X Y: a\r\nContent-Length: 0\r\n"),
    "a field without a colon": posted(b"XY\r\nContent-Length: 0\r\n"),
    "version 2": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "version 1.11": b"GET / HTTP/1.11\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n",
    "two hosts": b"GET /control/v1/clock HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100,
}
# Each asks for what only this machine's programs may have, under another name.
STRANGE_HOSTS = {
    "another host": b"GET /control/v1/clock HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "no host": b"GET /control/v1/clock HTTP/1.1\r\n\r\n",
    "an empty host": b"GET /control/v1/clock HTTP/1.1\r\nHost:\r\n\r\n",
    "another host in the target":
        b"GET http://evil.example/control/v1/clock HTTP/1.1\r\n" + HOST + b"\r\n",
    "a user of another host":
        b"GET /control/v1/clock HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n\r\n",
}


@attack(rounds=1)
def shapes(trial):
    """Requests with a second reading are refused and smuggle nothing."""
    server = trial.server()
    shapes = [*AMBIGUOUS.items(), *STRANGE_HOSTS.items()]
    trial.random.shuffle(shapes)
    for name, data in shapes:
        with Connection(server.address, timeout=30) as connection:
            connection.send(data + (SMUGGLED if name in AMBIGUOUS else b""))
            try:
                answer = connection.answer()
            except Broken as error:
                trial.check(False, f"{name}: {error}")
            trial.check(400 <= answer.status < 500, f"{name} is answered {answer!r}")
            if name in AMBIGUOUS:
                trial.check(answer.status == 400, f"{name} is answered {answer!r}")
                rest = connection.rest()
                trial.check(not rest, f"{name}: after the answer comes {rest[:300]!r}")
        with Connection(server.address) as connection:
            found = connection.ask("GET", "/control/v1/accounts/999999999999").status
        trial.check(found == 404, f"{name}: the request behind it was taken ({found})")
    trial.lives(server)


@attack(rounds=1)
def mutations(trial):
    """Requests with mutated bytes are answered or dropped, and never with a failure."""
    server, random = trial.server(), trial.random
    shop = Shop(server)
    host = "{}:{}".format(*server.address)
    body = json.dumps({"UsageRecords": [shop.record("requests", 1)]}).encode()
    with Connection(server.address) as writer:
        seeds = [
            writer.bytes("POST", "/", body, signed(shop.seller, host, "BatchMeterUsage", body)),
            writer.bytes("PUT", "/control/v1/accounts/123456789012", EVIL),
            writer.bytes("GET", "/control/v1/usage?groupBy=hour&limit=3&cursor=7"),
            writer.bytes("GET", "/control/v1/events", None, [("Accept", "text/event-stream")]),
            posted(CHUNKED, b"3\r\nabc\r\n" + LAST_CHUNK),
            posted(b"Expect: 100-continue\r\nContent-Length: 3\r\n", b"abc"),
        ]
    pieces = [b"\r\n", b"\n", b"\0", b"\xff", b" ", b":", b",", b"%", b"0", b"9" * 20, b"chunked",
              b"HTTP/1.1", b"Content-Length: 1\r\n", b"\r\n\r\n", b"\xc3\x28", b"a" * 9000]
    for _ in range(400):
        data = bytearray(random.choice(seeds) * random.choice([1, 1, 1, 2, 5]))
        for _ in range(random.choice([1, 1, 2, 4, 16])):
            place = random.randrange(len(data))
            data[place:place + random.choice([0, 0, 1, 1, 8, 100])] = random.choice(
                [random.choice(pieces), random.randbytes(1), b""])
            data = data or bytearray(b"x")
        with Connection(server.address, timeout=0.05) as connection:
            connection.send(bytes(data))
            try:
                while (status := connection.answer().status) < 500 or status in (501, 505):
                    pass
                trial.check(False, f"{bytes(data)[:3000]!r} is answered {status}")
            except (Closed, ValueError):
                pass
            except Broken as error:
                text = str(error)
                trial.check("no answer" in text or "closed" in text, f"{data[:3000]!r}: {text}")
        if server.has_crashed():
            trial.check(False, f"{bytes(data)[:3000]!r}: {server.obituary()}")
    trial.lives(server)


@attack(rounds=1)
def sizes(trial):
    """Bodies, fields and targets about as large as is taken, and larger."""
    server = trial.server()
    mebibyte = 1_048_576
    for name, size, status in [("body", mebibyte, 400), ("body", mebibyte + 1, 413),
                               ("body", 4 * mebibyte, 413), ("chunks", mebibyte, 400),
                               ("chunks", mebibyte + 1, 413), ("fields", 150, 200),
                               ("fields", 250, 400), ("header", 60_000, 200),
                               ("header", 70_000, 400), ("target", 70_000, 400)]:
        with Connection(server.address) as connection:
            if name == "chunks":
                fields = [("Transfer-Encoding", "chunked")]
                head = connection.bytes("POST", "/control/v1/reset", None, fields)
                connection.send(head + b"%x\r\n" % size + b"x" * size + b"\r\n" + LAST_CHUNK)
                answer = connection.answer()
            elif name == "body":
                answer = connection.ask("POST", "/control/v1/reset", b"x" * size)
            elif name == "target":
                answer = connection.ask("GET", "/health?" + "x" * size)
            else:
                fields = [(f"X-{n}", "y") for n in range(size)]
                fields = fields if name == "fields" else [("X", "y" * size)]
                answer = connection.ask("GET", "/health", None, fields)
        trial.check(answer.status == status, f"{name} of {size}: {answer!r}, not {status}")
    trial.lives(server)


@attack(rounds=1)
def pipelines(trial):
    """Requests that are sent at once are answered each, in their order."""
    server, random = trial.server(), trial.random
    names = [f"{number:012}" for number in range(1, 30)]
    with Connection(server.address) as connection:
        for name in names:
            body = json.dumps({"role": "buyer", "name": f"n{name}"}).encode()
            connection.ask("PUT", f"/control/v1/accounts/{name}", body)
        asked = [random.choice(names) for _ in range(1500)]
        methods = [random.choice(["GET", "GET", "HEAD"]) for _ in asked]
        data = b"".join(
            connection.bytes(method, f"/control/v1/accounts/{name}")
            for method, name in zip(methods, asked))
        for start in range(0, len(data), 4096):
            connection.send(data[start:start + 4096])
        for method, name in zip(methods, asked):
            answer = connection.answer(head=method == "HEAD")
            told = method == "HEAD" or answer.json()["accountId"] == name
            trial.check(answer.status == 200 and told, f"{method} of {name}: {answer!r}")
    trial.lives(server)


@attack(rounds=1)
def spellings(trial):
    """Names of SignedHeaders in other cases are refused, and cost no more than another refusal."""
    server = trial.server()
    shop = Shop(server)
    body = json.dumps({"UsageRecords": [shop.record("requests", 1)],
                       "ProductCode": shop.products["saas"]}).encode()
    host = "{}:{}".format(*server.address)
    names = ["HOST", "host", "x-amz-date", "x-amz-target"]
    fields = signed(shop.seller, host, "BatchMeterUsage", body, names=names)
    answer = trial.ask(shop.client, "POST", "/", body, fields)
    trial.check(answer.status == 400, f"SignedHeaders={';'.join(names)} is taken: {answer!r}")

    count, name = 1024, "xbigheaders8"
    cased = [
        "".join(letter.upper() if number >> place & 1 else letter
                for place, letter in enumerate(name)) for number in range(count)]
    costs = []
    for listed in (["host", "x-amz-date", "x-amz-target", name],
                   sorted([*cased, "host", "x-amz-date", "x-amz-target"])):
        fields = signed({**shop.seller, "secretAccessKey": "wrong"}, host, "BatchMeterUsage", body,
                        names=listed, fields=[(name, "v" * 40_000)])
        before = server.cpu_seconds()
        for _ in range(4):
            answer = trial.ask(shop.client, "POST", "/", body, fields)
            trial.check(answer.status == 400, f"a wrong signature: {answer!r}")
        costs.append(server.cpu_seconds() - before)
    trial.check(
        costs[1] <= 3 * costs[0] + 0.4,
        f"4 wrong signatures of 54 KB cost {costs[0]:.2f} s of CPU,"
        f" with {count} spellings of a name {costs[1]:.2f} s")


@attack(rounds=1)
def descriptors(trial):
    """A server without a free descriptor waits quietly, and serves again when there are some."""
    server = trial.unstarted()
    server.descriptors = 64
    server.start()
    waiting = [socket.create_connection(server.address, timeout=30) for _ in range(150)]
    time.sleep(1)
    before = server.cpu_seconds()
    time.sleep(4)
    spent = server.cpu_seconds() - before
    trial.check(spent < 0.6, f"with no descriptor left it spends {spent:.2f} s of CPU in 4 s")
    for connection in waiting:
        connection.close()
    trial.lives(server)
