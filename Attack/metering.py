"""Clients that report at the same time, and what they heard."""

import random
import threading

from market import Client
from trial import together
from wire import Broken


class Report:
    """A report that was sent: when, of which key, and what was heard of it."""

    def __init__(self, key, quantity, begun):
        self.key = key
        self.quantity = quantity
        self.begun = begun
        # None while no answer has come.
        self.ended = None
        self.status = None
        self.result = {}

    @property
    def identity(self):
        """The record's id, where it was acknowledged."""
        is_taken = self.result.get("Status") == "Success" or "Status" not in self.result
        return self.result.get("MeteringRecordId") if is_taken else None

    def __repr__(self):
        return f"{self.key} of {self.quantity}: {self.status} {self.result}"


class Metering:
    """Clients that report, each in a thread, until it is over.

    What they report is drawn by `key` from a client's dice: a buyer, a dimension, how many hours
    ago, and a quantity. A share of the reports are an AgentCore runtime's, each with a token of
    its own.
    """

    def __init__(self, server, shop, dice, key, tokens=0.0):
        self.server = server
        self.shop = shop
        self.dice = [random.Random(dice.random()) for _ in range(5)]
        self.key = key
        self.tokens = tokens
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.reports = []
        self.moment = self.answered = 0

    def tick(self):
        """The next moment of a count that orders what happens."""
        with self.lock:
            self.moment += 1
            return self.moment

    def beside(self, act):
        """Lets all clients report while something else is done."""

        def acting():
            try:
                act()
            finally:
                self.is_over.set()

        together([acting] + [lambda dice=dice: self.client(dice) for dice in self.dice])

    def client(self, dice):
        """Reports until it is over, which it also is when a client fails or a server is killed."""
        client = Client(self.server)
        try:
            while not self.is_over.is_set():
                self.report(client, dice)
        except (Broken, OSError):
            if not self.server.is_stopped:
                raise
        finally:
            self.is_over.set()
            client.close()

    def report(self, client, dice):
        """Sends one report and hears what becomes of it."""
        buyer, dimension, hours, quantity = self.key(dice)
        token = f"{dice.getrandbits(60):x}" if dice.random() < self.tokens else None
        key = (token,) if token else (buyer, dimension, hours)
        report = Report(key, quantity, self.tick())
        with self.lock:
            self.reports.append(report)
        self.send(client, report)

    def send(self, client, report):
        """Sends a report, perhaps again."""
        if len(report.key) == 1:
            status, result = client.call(self.shop.workloads["agentCoreRuntime"], "MeterUsage", {
                "ProductCode": self.shop.products["agentCore"],
                "Timestamp": int(self.shop.now.timestamp()), "ClientToken": report.key[0],
                "UsageDimension": self.shop.dimensions[0], "UsageQuantity": report.quantity})
        else:
            buyer, dimension, hours = report.key
            record = self.shop.record(dimension, report.quantity, buyer, hours)
            status, answer = self.shop.batch(client, [record])
            result = (answer.get("Results") or [answer])[0]
        report.status, report.result, report.ended = status, result, self.tick()
        with self.lock:
            self.answered += 1

    def wait_for(self, count):
        """Waits until so many more reports are answered, or it is over."""
        target = self.answered + count
        while self.answered < target and not self.is_over.wait(0.002):
            pass
