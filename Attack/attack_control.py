"""Control requests made from the server's own description of its routes."""

import json
import urllib.parse

import values
from market import BUYERS, NOON, SELLER, Shop
from signer import signed
from trial import attack

KNOWN = [
    SELLER, *BUYERS, "saasproduct", "amiproduct", "containerproduct", "requests", "users",
    "target-1", "ecsTask-1", "nosuch",
    f"agmt-saasproduct-{BUYERS[0]}", f"agmt-amiproduct-{BUYERS[1]}",
]


class Description:
    """The OpenAPI document of a running server."""

    def __init__(self, client):
        self.document = client.control("GET", "openapi.json")
        self.routes = [
            (method.upper(), path, route)
            for path, methods in self.document["paths"].items()
            for method, route in methods.items()
        ]

    def resolve(self, schema):
        """The schema that a reference names; of one that may be null, what it is otherwise."""
        schema = next(
            (part for part in schema.get("anyOf", []) if part.get("type") != "null"), schema)
        if "$ref" not in schema:
            return schema
        return self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]

    def body(self, route):
        """The schema of a route's body, or None."""
        content = route.get("requestBody", {}).get("content", {})
        return self.resolve(content["application/json"]["schema"]) if content else None

    def answer(self, route, status):
        """The schema of an answer, or None where it is no JSON."""
        content = route["responses"][str(status)]["content"]
        schema = next(iter(content.items()))
        return schema[1]["schema"] if "json" in schema[0] else None

    def misfit(self, value, schema, path="answer"):
        """Where a value is not what its schema says, or None."""
        if value is None:
            return None if may_be_null(schema) else f"{path} is null"
        schema = self.resolve(schema)
        kinds = kinds_of(schema)
        if kinds and not any(is_of(value, kind) for kind in kinds):
            return f"{path} is no {' or '.join(kinds)}: {str(value)[:200]}"
        kind = kinds[0] if kinds else None
        if "enum" in schema and value not in schema["enum"]:
            return f"{path} is none of {schema['enum']}: {value}"
        if kind == "object":
            for name in schema.get("required", []):
                if name not in value:
                    return f"{path} has no {name}"
            parts = [(value[name], part, f"{path}.{name}")
                     for name, part in schema.get("properties", {}).items() if name in value]
        elif kind == "array" and "items" in schema:
            parts = [(item, schema["items"], f"{path}[]") for item in value]
        else:
            parts = []
        return next(filter(None, (self.misfit(*part) for part in parts)), None)


def kinds_of(schema):
    """The JSON types that a value of a schema can be, without null."""
    kinds = schema.get("type", [])
    return [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]


def may_be_null(schema):
    """Whether a schema lets null be a value."""
    kinds = schema.get("type", [])
    return "null" in kinds or {"type": "null"} in schema.get("anyOf", [])


def is_of(value, kind):
    """Whether a value is of a JSON type."""
    types = {
        "object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
        "number": (int, float)}
    return isinstance(value, types[kind]) and isinstance(value, bool) == (kind == "boolean")


class Generator:
    """Requests from a description, most of them nearly right."""

    def __init__(self, description, random):
        self.description = description
        self.random = random
        # An agreement that renews each hour and a clock in the year 9999 are a lot of work that
        # was asked for, so a round has the one or the other.
        self.moves_far = random.random() < 0.5

    def request(self):
        """A method, a target and a body."""
        random = self.random
        method, path, route = random.choice(self.description.routes)
        if path.endswith("/public-keys") and method == "POST" and random.random() < 0.98:
            return self.request()
        query = []
        for parameter in route["parameters"]:
            if parameter["in"] == "path":
                value = random.choice(KNOWN if random.random() < 0.8 else values.TEXTS) or " "
                path = path.replace("{%s}" % parameter["name"], quoted(value[:2000]))
            elif random.random() < 0.25:
                query.append((parameter["name"], self.parameter()))
        if random.random() < 0.02:
            query.append((random.choice(values.TEXTS)[:100], "1"))
        if query:
            path += "?" + "&".join(f"{quoted(name)}={quoted(value)}" for name, value in query)
        body = self.description.body(route)
        if body is not None:
            text = self.value(body) if random.random() < 0.95 else values.anything(random)
            return method, path, text.encode("utf-8", "surrogatepass"), route
        return method if random.random() < 0.95 else "HEAD", path, None, route

    def parameter(self):
        """A query's value."""
        random = self.random
        pool = random.choice([KNOWN, values.NUMBERS, values.TEXTS, values.TIMES, [
            "productCode", "hour,day,month", "productCode,dimension,buyerAccountId", "sns",
            "waiting", "BatchMeterUsage", "200"]])
        return random.choice(pool)[:2000]

    def value(self, schema, name=""):
        """A value that fits its schema, mostly."""
        random, schema = self.random, self.description.resolve(schema)
        if random.random() < 0.06:
            return values.anything(random)
        kind = random.choice(kinds_of(schema) or [None])
        if kind == "object":
            required = schema.get("required", [])
            members = [
                f"{json.dumps(key)}:{self.value(part, key)}"
                for key, part in schema.get("properties", {}).items()
                if (key != "autoRenew" or not self.moves_far)
                and random.random() < (0.97 if key in required else 0.4)
            ]
            if random.random() < 0.02:
                members.append(random.choice(members or ['"a":1']))
            return "{" + ",".join(members) + "}"
        if kind == "array":
            count = random.choice([0, 1, 1, 2, 3, 70]) if random.random() < 0.95 else 1000
            return "[" + ",".join(self.value(schema["items"]) for _ in range(count)) + "]"
        if kind == "boolean":
            return random.choice(["true", "false"])
        if kind in ("integer", "number"):
            is_far = name in ("advance", "speed") and not self.moves_far
            return random.choice(["1", "60", "3600"]) if is_far else values.number(random)
        if "enum" in schema:
            return json.dumps(random.choice(schema["enum"]))
        if schema.get("format") == "date-time":
            near = values.TIMES[:3] if not self.moves_far and name == "now" else values.TIMES
            return json.dumps(random.choice(near))
        if kind is None:
            return values.anything(random)
        known = ["http://127.0.0.1:9/"] if name == "url" else KNOWN
        return json.dumps(random.choice(known)) if random.random() < 0.6 else values.text(random)


def quoted(text):
    """Percent-encoded for a path or a query."""
    return urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")


def judge(trial, description, request, answer):
    """No failure of the server, and answers that are what the description says."""
    method, target, body, route = request
    what = f"{method} {target[:300]} {(body or b'')[:1500]!r} answers {answer!r}"
    trial.check(answer.status < 500, what)
    if answer.status == 413:
        # The HTTP server gives this one before anybody knows the route.
        trial.check(len(body) > 1_048_576, what)
        return
    schema = description.answer(route, answer.status)
    if method != "HEAD" and schema is not None:
        misfit = description.misfit(answer.json(), schema)
        trial.check(misfit is None, f"{misfit}: {what}")


@attack(rounds=3, share=4)
def bodies(trial):
    """Random routes, queries and bodies, nearly right."""
    data = ["--data", trial.path("market.db")] if trial.random.random() < 0.5 else []
    server = trial.server(*data)
    shop = Shop(server)
    description = Description(shop.client)
    generator = Generator(description, trial.random)
    for number in range(700):
        if number % 200 == 199:
            # What the requests have made is forgotten, so that most go on meeting something.
            shop.client.control("POST", "reset", {"everything": True})
            shop = Shop(server)
        request = generator.request()
        answer = trial.ask(shop.client, *request[:3])
        judge(trial, description, request, answer)
    trial.lives(server)
    trial.ends_well(server)


@attack(rounds=1, share=1)
def numbers(trial):
    """Every edge in every number of every body, with the other members right."""
    server = trial.server()
    client = Shop(server).client
    description = Description(client)
    places = []
    for method, path, route in description.routes:
        body = description.body(route)
        if body is not None:
            for parameter in route["parameters"]:
                path = path.replace("{%s}" % parameter["name"], KNOWN[0])
            places += [(method, path, route, build) for build in number_places(description, body)]
    trial.check(places, "the description has no numbers at all")
    for method, path, route, build in places:
        for value in values.NUMBERS:
            request = (method, path, build(value).encode(), route)
            judge(trial, description, request, trial.ask(client, *request[:3]))
        client.control("DELETE", "faults")
    trial.lives(server)


def number_places(description, schema, depth=0):
    """Functions that put a number's text into a body, one for each number that a body can have."""
    for name, part in schema.get("properties", {}).items():
        part = description.resolve(part)
        kinds = kinds_of(part)
        if kinds in (["integer"], ["number"]):
            yield lambda value, name=name: frame(description, schema, name, value)
        elif kinds == ["object"] and depth < 4:
            for build in number_places(description, part, depth + 1):
                yield lambda value, name=name, build=build: frame(
                    description, schema, name, build(value))
        elif kinds == ["array"] and depth < 4:
            for build in number_places(description, description.resolve(part["items"]), depth + 1):
                yield lambda value, name=name, build=build: frame(
                    description, schema, name, f"[{build(value)}]")


def frame(description, schema, name, value):
    """An object with one member of a value, and the others that are required."""
    members = {name: value}
    for other in schema.get("required", []):
        if other != name:
            part = description.resolve(schema["properties"][other])
            example = part["enum"][0] if "enum" in part else "http://127.0.0.1:9/"
            kinds = {"object": "{}", "array": "[]"}
            kind = next(iter(kinds_of(part)), None)
            members[other] = kinds.get(kind, json.dumps(example))
    return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in members.items()) + "}"


@attack(rounds=1, share=1)
def unicode_forms(trial):
    """Names that only Unicode calls equal are different names, byte by byte."""
    server = trial.server()
    composed, apart = trial.random.choice([("caf\u00e9", "cafe\u0301"), ("\u212b", "\u00c5")])
    shop = Shop(server, now=NOON, dimensions=(composed,))
    status, answer = shop.batch(shop.client, [shop.record(composed, 1)])
    trial.check(
        status == 200 and answer["Results"][0]["Status"] == "Success", f"{status} {answer}")
    answer = put_dimensions(shop, [apart])
    trial.check(
        answer.status == 409,
        f"dimension {ascii(composed)} has usage and was replaced by {ascii(apart)}: {answer}")
    answer = put_dimensions(shop, [composed, apart])
    trial.check(answer.status == 200, f"both forms as two dimensions are refused: {answer}")
    status, answer = shop.batch(shop.client, [shop.record(apart, 2)])
    trial.check(
        status == 200 and answer["Results"][0]["Status"] == "Success",
        f"{ascii(apart)} is another dimension than {ascii(composed)}, but: {status} {answer}")
    key = shop.seller["accessKeyId"]
    trial.check(key.startswith("AK"), f"a key of another form: {key}")
    odd = "A\u212a" + key[2:]
    answer = shop.client.ask("GET", f"/control/v1/credentials/{quoted(odd)}")
    trial.check(answer.status == 404, f"{ascii(odd)} finds the credential {key}: {answer}")
    body = json.dumps({"UsageRecords": [shop.record(composed, 1)],
                       "ProductCode": shop.products["saas"]}).encode()
    fields = signed({**shop.seller, "accessKeyId": odd}, shop.client.connection.host,
                    "BatchMeterUsage", body)
    fields = [(name, value.encode()) for name, value in fields]
    answer = trial.ask(shop.client, "POST", "/", body, fields)
    trial.check(answer.status == 400, f"a signature of {ascii(odd)} is taken: {answer}")


def put_dimensions(shop, names):
    """The answer to a product's new dimensions."""
    body = {"type": "saas", "title": "x", "sellerAccountId": SELLER,
            "dimensions": [{"name": name} for name in names]}
    return shop.client.ask(
        "PUT", f"/control/v1/products/{shop.products['saas']}", json.dumps(body).encode())
