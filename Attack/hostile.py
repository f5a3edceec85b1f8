"""Servers that behave badly, for those who go to them: event targets and commands."""

import socket
import threading
import time


class Hostile:
    """Listens on a free port and gives each connection to a behaviour, in a thread of its own."""

    def __init__(self, behaviour):
        self.behaviour = behaviour
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = []
        self.open = set()
        self.most_open = 0
        self.is_over = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Takes connections until the end."""
        while not self.is_over:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        """Lets one connection be treated badly."""
        self.open.add(connection)
        self.most_open = max(self.most_open, len(self.open))
        try:
            self.behaviour(self, connection)
        except OSError:
            pass
        finally:
            self.open.discard(connection)
            connection.close()

    def request(self, connection):
        """Reads one request whole and keeps it; None at the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            part = connection.recv(65536)
            if not part:
                return None
            body += part
        self.requests.append(body)
        return head

    def wait(self, connection):
        """Holds a connection until the other side lets go of it, or the round ends."""
        connection.settimeout(1)
        while not self.is_over:
            try:
                if not connection.recv(65536):
                    return
            except TimeoutError:
                pass

    def close(self):
        """Stops listening and lets go of all connections."""
        self.is_over = True
        self.listener.close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def answer(body, status=b"200 OK", fields=b""):
    """An answer's bytes."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), fields, body)


def sink(server, connection):
    """Takes everything, as a good target does."""
    while server.request(connection) is not None:
        connection.sendall(answer(b"{}"))


def silence(server, connection):
    """Takes the request and says nothing."""
    server.request(connection)
    server.wait(connection)


def head_only(server, connection):
    """Answers with a head whose body never comes."""
    server.request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    server.wait(connection)


def drip(server, connection):
    """Lets a body drip for ever."""
    server.request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.is_over:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.5)


def drip_head(server, connection):
    """Lets a head drip for ever."""
    server.request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not server.is_over:
        connection.sendall(b"x")
        time.sleep(0.5)


def flood(server, connection):
    """Sends a body without an end."""
    server.request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.is_over:
        connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


def reset(server, connection):
    """Ends the connection with a reset, after the request or in the answer."""
    server.request(connection)
    if len(server.requests) % 2:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def garbage(server, connection):
    """Answers with what is no HTTP."""
    server.request(connection)
    connection.sendall(b"\0\xff\r\n\r\n" * 1000)


def redirect(server, connection):
    """Sends whoever asks on, to itself."""
    while server.request(connection) is not None:
        place = b"Location: %s/elsewhere\r\n" % server.url.encode()
        connection.sendall(answer(b"", b"307 Temporary Redirect", place))


def informational(server, connection):
    """Says `100 Continue` for ever, and never answers."""
    server.request(connection)
    while not server.is_over:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.2)


def saying(body):
    """A behaviour that answers every request with one body."""

    def behave(server, connection):
        while server.request(connection) is not None:
            connection.sendall(answer(body))

    return behave
