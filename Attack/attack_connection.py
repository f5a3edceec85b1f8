"""What one connection may ask for after the other: its end, HEAD, Expect, HTTP/1.0."""

import json

from market import Client, Shop
from signer import signed
from trial import attack
from wire import Broken, Closed, Connection

# Seconds after which a connection that should be closed at once is taken for one that is not;
# an idle one is closed after 60.
SOON = 25


@attack(rounds=1)
def endings(trial):
    """A connection that is asked to end does so; another does not."""
    server = trial.server()
    head = b"GET /health HTTP/%s\r\nHost: 127.0.0.1\r\n%s\r\n"
    values = [b"close", b"Close", b"CLOSE", b"close, TE", b"TE, close", b"te,CLOSE ,x"]
    ending = [(b"1.1", b"Connection: %s\r\n" % value) for value in values]
    ending += [(b"1.1", b"Connection: TE\r\nConnection: close\r\n"), (b"1.0", b""),
               (b"1.0", b"Connection: close\r\n")]
    for version, fields in ending:
        with Connection(server.address, timeout=SOON) as connection:
            connection.send(head % (version, fields))
            answer = connection.answer()
            trial.check(answer.status == 200, f"{fields!r}: {answer!r}")
            try:
                rest = connection.rest()
            except Broken:
                trial.check(False, f"HTTP/{version.decode()} {fields!r}: still open after {SOON} s")
            trial.check(rest == b"", f"{fields!r}: after the answer comes {rest[:200]!r}")
    for fields in (b"", b"Connection: keep-alive\r\n", b"Connection: closed\r\n"):
        with Connection(server.address) as connection:
            for _ in range(2):
                connection.send(head % (b"1.1", fields))
                answer = connection.answer()
                trial.check(answer.status == 200, f"{fields!r}: {answer!r}")
    trial.lives(server)


@attack(rounds=1)
def heads(trial):
    """HEAD of every path that answers GET has no body, and leaves the connection in order."""
    server = trial.server()
    client = Client(server)
    paths = [path for path, methods in client.control("GET", "openapi.json")["paths"].items()
             if "get" in methods]
    with Connection(server.address, timeout=SOON) as connection:
        for path in paths + ["/", "/marketplace", "/nowhere"]:
            for fields in ([], [("Accept", "text/event-stream")], [("Accept", "text/html")]):
                target = path.replace("{", "").replace("}", "")
                connection.send(connection.bytes("HEAD", target, None, fields))
                connection.send(connection.bytes("GET", "/health"))
                answer = connection.answer(head=True)
                trial.check(answer.status < 500, f"HEAD {target} {fields}: {answer!r}")
                try:
                    health = connection.answer()
                except (Broken, ValueError) as error:
                    trial.check(False, f"after HEAD {target} {fields}: {error}")
                trial.check(
                    health.status == 200 and b'"ok"' in health.body,
                    f"after HEAD {target} {fields} /health answers {health!r}")


@attack(rounds=1)
def expectations(trial):
    """`100 Continue` comes where its request is due, and nowhere else."""
    server = trial.server()
    shop = Shop(server)
    shop.client.control("PUT", "faults", {"rules": [{"latency": 2}]})
    body = json.dumps({"RegistrationToken": "x"}).encode()
    with Connection(server.address) as connection:
        host = connection.host
        first = connection.bytes(
            "POST", "/", body, signed(shop.seller, host, "ResolveCustomer", body))
        later = connection.bytes(
            "PUT", "/control/v1/accounts/123456789012", b"", [("Expect", "100-continue")])
        account = b'{"role":"buyer","name":"x"}'
        later = later.replace(b"Content-Length: 0", b"Content-Length: %d" % len(account))
        connection.send(first + later)
        answer = connection.answer()
        trial.check(
            answer.status == 400 and b"InvalidTokenException" in answer.body,
            f"the first of two requests is answered {answer!r}, and the second expects 100")
        try:
            answer = connection.answer()
            if answer.status == 100:
                connection.send(account)
                answer = connection.answer()
                trial.check(answer.status == 201, f"after 100 Continue: {answer!r}")
            else:
                trial.check(answer.status == 417, f"Expect is answered {answer!r}")
        except Closed:
            pass
    listen_and_expect(trial, server, shop)


def listen_and_expect(trial, server, shop):
    """An event stream behind which a request expects 100 goes on as a stream."""
    with Connection(server.address, timeout=SOON) as connection:
        connection.send(connection.bytes(
            "GET", "/control/v1/events", None, [("Accept", "text/event-stream")]))
        head = connection.head()
        trial.check(head.field("transfer-encoding") == "chunked", f"a stream: {head.fields}")
        # Its first chunk tells the agreements of the shop, so that the stream has begun.
        read_chunk(trial, connection)
        connection.send(connection.bytes(
            "POST", "/control/v1/reset", b"", [("Expect", "100-continue")])
            .replace(b"Content-Length: 0", b"Content-Length: 2"))
        for _ in range(3):
            event = {"type": "Purchase Agreement Advisory Issued - Manufacturer",
                     "agreementId": f"agmt-{shop.products['saas']}-222233334444"}
            shop.client.control("POST", "events", event)
        text = b""
        while text.count(b"Advisory") < 3:
            text += read_chunk(trial, connection)


def read_chunk(trial, connection):
    """The next chunk of a stream."""
    line = connection.read(b"\r\n")
    try:
        data = connection.read(None, int(line, 16))
    except ValueError:
        trial.check(False, f"in the middle of an event stream comes {line[:200]!r}")
    trial.check(connection.read(None, 2) == b"\r\n", "a chunk does not end where it says")
    return data


@attack(rounds=1)
def old_version(trial):
    """HTTP/1.0 gets neither chunks nor `100 Continue`."""
    server = trial.server()
    shop = Shop(server)
    with Connection(server.address, timeout=SOON) as connection:
        connection.send(
            b"PUT /control/v1/accounts/123456789012 HTTP/1.0\r\nHost: 127.0.0.1\r\n"
            b"Expect: 100-continue\r\nContent-Length: 27\r\n\r\n" + b'{"role":"buyer","name":"x"}')
        answer = connection.answer()
        trial.check(answer.status == 201, f"Expect in HTTP/1.0: {answer!r}")
    with Connection(server.address, timeout=SOON) as connection:
        connection.send(
            b"GET /control/v1/events HTTP/1.0\r\nHost: 127.0.0.1\r\n"
            b"Accept: text/event-stream\r\n\r\n")
        head = connection.head()
        trial.check(
            head.field("transfer-encoding") is None,
            f"an event stream for HTTP/1.0 has {head.fields}")
    shop.client.close()
    trial.lives(server)
