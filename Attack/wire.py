"""HTTP/1.1 by hand: a client that sends any bytes and reads answers strictly."""

import json
import socket

TIMEOUT = 60


class Broken(Exception):
    """The connection ended, or what came over it is no HTTP."""


class Closed(Broken):
    """The other side closed before the first byte of an answer."""


class Answer:
    """One answer."""

    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    def field(self, name):
        """A field's value, or None."""
        return next((value for key, value in self.fields if key == name), None)

    def json(self):
        """The body as JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Broken(f"an answer {self.status} is no JSON: {self.body[:200]!r}") from error

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


class Connection:
    """A connection to a server, and what came over it and has not been read."""

    def __init__(self, address, timeout=TIMEOUT, small_window=False):
        self.socket = socket.socket()
        if small_window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.host = f"{address[0]}:{address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def close(self):
        """Closes it."""
        self.socket.close()

    def send(self, data):
        """Sends all bytes, or as many as the other side takes before it closes."""
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise Broken("nothing was read for a minute") from None
        except OSError:
            pass

    def bytes(self, method, target, body=None, fields=()):
        """A request as this client would send it."""
        lines = [f"{method} {target} HTTP/1.1".encode(), f"Host: {self.host}".encode()]
        lines += [
            name.encode() + b": " + (value.encode() if isinstance(value, str) else value)
            for name, value in fields
            if name.lower() != "host"
        ]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}".encode())
        return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")

    def ask(self, method, target, body=None, fields=()):
        """One request and its answer."""
        self.send(self.bytes(method, target, body, fields))
        return self.answer(head=method == "HEAD")

    def read(self, until, exactly=None):
        """Bytes up to a mark, which is consumed, or a number of them."""
        while (len(self.buffer) < exactly) if exactly is not None else (until not in self.buffer):
            if exactly is None and len(self.buffer) > 1_000_000:
                raise Broken("a megabyte without an end of line")
            try:
                data = self.socket.recv(262_144)
            except TimeoutError:
                raise Broken(f"no answer within {self.socket.gettimeout()} s") from None
            except OSError:
                data = b""
            if not data:
                kind = Closed if not self.buffer else Broken
                raise kind(f"closed after {self.buffer[:300]!r}")
            self.buffer += data
        if exactly is None:
            found, _, self.buffer = self.buffer.partition(until)
            return found
        found, self.buffer = self.buffer[:exactly], self.buffer[exactly:]
        return found

    def head(self):
        """The status and fields of the next answer."""
        lines = self.read(b"\r\n\r\n").split(b"\r\n")
        version, _, rest = lines[0].partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not rest[:3].isdigit():
            raise Broken(f"no status line: {lines[0][:200]!r}")
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or not name or name.strip() != name:
                raise Broken(f"no field: {line[:200]!r}")
            fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        return Answer(int(rest[:3]), fields, b"")

    def answer(self, head=False):
        """The next answer whole; an answer without a length, after which all closes, as well."""
        answer = self.head()
        if head or answer.status in (204, 304) or answer.status < 200:
            return answer
        if (answer.field("transfer-encoding") or "").lower() == "chunked":
            while size := int(self.read(b"\r\n").partition(b";")[0], 16):
                answer.body += self.read(None, size)
                if self.read(None, 2) != b"\r\n":
                    raise Broken("a chunk does not end where it says")
            while self.read(b"\r\n"):
                pass
        elif (length := answer.field("content-length")) is not None:
            answer.body = self.read(None, int(length))
        else:
            answer.body = self.rest()
        return answer

    def rest(self, limit=100_000_000):
        """All that comes until the other side closes; raises where it does not."""
        while len(self.buffer) < limit:
            try:
                data = self.socket.recv(262_144)
            except TimeoutError:
                raise Broken(f"still open after {self.socket.gettimeout()} s") from None
            except OSError:
                data = b""
            if not data:
                break
            self.buffer += data
        found, self.buffer = self.buffer, b""
        return found
