"""Values at the edges, as pieces of JSON text, so that they can be what no JSON writer writes."""

import json

POWERS = [2**power for power in (7, 8, 15, 16, 31, 32, 53, 62, 63, 64, 127, 128)]
NUMBERS = sorted(
    {str(sign * (power + step)) for power in POWERS for sign in (1, -1) for step in (-1, 0, 1)}
    | {"0", "1", "-1", "2", "3", "10", "59", "60", "999", "1000", "1001", "3600", "86400"}
) + [
    "-0", "0.0", "-0.0", "0.5", "-0.5", "0.001", "0.0009999", "1.0000001", "0.9999999999999999999",
    "1e0", "1E+2", "1e-1", "1e18", "1e19", "-1e19", "9.2233720368547758e18",
    "1.7976931348623157e308", "1e308", "1e309", "-1e309", "1e-400", "5e-324", "1e2147483648",
    "1e-9223372036854775809", "9" * 400, "0." + "0" * 400 + "1", "253402300799", "253402300800", "-62135596801",
]
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "0x10", "1_000", "--1"]
TEXTS = [
    "", " ", "a", "0", "-1", "null", "true", "A" * 255, "A" * 256, "x" * 5000, "é", "e\u0301",
    "\u0000", "a\u0000b", "\n", "\r\n", "\t", "\u007f", "\u0085", "\u202e", "\u2066x\u2069",
    "\ufeff", "\u200b", "\ufffd", "\uffff", "\U0001f600", "\U0010ffff", "a" + "\u0301" * 2000,
    "K\u212a", "../..", "/", "//", "%2F", "%00", "%", "?", "#", "a/b", "a b", "'", '"', "\\", "<script>",
    "'; DROP TABLE catalog; --", "${x}", "{{x}}", "http://127.0.0.1:9/", "http://[::1]:9/",
    "file:///etc/passwd", "http://", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
    "http://user:word@127.0.0.1:9/", "javascript:alert(1)", "123456789012", "000000000000",
    "12345678901", "1234567890123", "１２３４５６７８９０１２", "١٢٣٤٥٦٧٨٩٠١٢",
    "0.1", "0.0000001", "1e5", "99999999999999999999", "-0.01", ".1",
]
TIMES = [
    "2027-03-10T12:30:00Z", "2027-03-10T12:30:00.123Z", "2027-03-10T12:30:00.123456789Z",
    "2027-03-10T12:30:60Z", "2027-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2027-13-01T00:00:00Z",
    "2027-03-10T24:00:00Z", "2027-03-10T12:30:00+01:00", "2027-03-10T12:30:00", "2027-03-10",
    "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z", "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z", "2027-03-10t12:30:00z", " 2027-03-10T12:30:00Z", "now",
]
# Text that JSON knows escapes for, and that is not Unicode however it is written.
RAW_TEXTS = [
    '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\x41"', '"\\u12"', '"unfinished', '"\n"',
]


def number(random):
    """A number at an edge, or near one."""
    return random.choice(NUMBERS) if random.random() < 0.97 else random.choice(NO_NUMBERS)


def text(random):
    """A text at an edge, as JSON."""
    if random.random() < 0.02:
        return random.choice(RAW_TEXTS)
    return json.dumps(random.choice(TEXTS), ensure_ascii=random.random() < 0.5)


def nested(random):
    """Lists or objects in each other, about as deep as is taken, or much deeper."""
    depth = random.choice([1, 30, 31, 32, 33, 34, 1000, 50_000])
    opening, closing = random.choice([("[", "]"), ('{"a":', "}")])
    return opening * depth + random.choice(["", "1"] if opening == "[" else ["1"]) + closing * depth


def anything(random):
    """A value of any type."""
    kind = random.randrange(9)
    if kind < 3:
        return number(random)
    if kind < 6:
        return text(random)
    if kind == 6:
        return random.choice(["null", "true", "false", "[]", "{}", "[null]", '{"":0}', "[[]]"])
    if kind == 7:
        return nested(random)
    return "[" + ",".join(anything(random) for _ in range(random.randrange(4))) + "]"
