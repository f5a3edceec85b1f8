"""Instructions per request of Turnpike's main steps, counted by valgrind's callgrind.

Two runs that differ only in how many requests they send are subtracted, so that neither the start
nor the end counts.
"""

import pathlib
import re
import shutil
import subprocess
import tempfile

import marketplace
import servers

FEW, MANY = 100, 400
BUYERS = 40
# A step is the functions that begin one of these names; of a name, the largest function counts,
# because wrappers and the parts of an async function have names of their own.
STEPS = {
    "verify the signature": ["SignatureVerifier.verify("],
    # Valgrind's processor has no instructions for it; a processor that has some takes far less.
    "SHA-256 alone, which is part of that": ["CCryptoBoringSSL_sha256_block_data_order"],
    "parse: JSON": ["JSONDocument.init(parsing:)"],
    "parse: types and constraints": [
        "static BatchMeterUsageRequest.decode(", "BatchMeterUsageRequest.violations(of:)",
    ],
    "decide": ["static BatchMeterUsageRules.decide"],
    "commit": ["CommitQueue.commit("],
    "encode": ["static BatchMeterUsageRules.answer(", "BatchMeterUsageResult.encode(into:)"],
}
WHOLE = "the whole server"
LINE = re.compile(r"^\s*([\d,]+)\s+\(\s*[\d.]+%\)\s+(.*)$")


def per_request() -> dict[str, float | None]:
    """Instructions by step, inclusive; None where the build has no such function."""
    for program in ("valgrind", "clang", "strip"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing: run Scripts/install-prerequisites --bench")
    with tempfile.TemporaryDirectory() as folder:
        binary, shim = f"{folder}/turnpike", f"{folder}/sigsuspend.so"
        # Valgrind cannot read the debug information that Swift writes; names are enough.
        subprocess.run(["strip", "--strip-debug", "-o", binary, servers.BINARY], check=True)
        source = str(pathlib.Path(__file__).with_name("sigsuspend.c"))
        subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-o", shim, source], check=True)
        few, many = (counts(folder, binary, shim, requests) for requests in (FEW, MANY))
    found: dict[str, float | None] = {}
    for step in [*STEPS, WHOLE]:
        before, after = few[step], many[step]
        known = before is not None and after is not None
        found[step] = (after - before) / (MANY - FEW) if known else None
    return found


def counts(folder: str, binary: str, shim: str, requests: int) -> dict[str, int | None]:
    """Instructions by step of a server that answers so many requests, from start to end."""
    place = pathlib.Path(folder, str(requests))
    place.mkdir()
    output = place / "callgrind.out"
    valgrind = ["env", f"LD_PRELOAD={shim}", "valgrind", "--tool=callgrind"]
    valgrind.append(f"--callgrind-out-file={output}")
    with servers.Turnpike(
        str(place), marketplace.seed(BUYERS), valgrind, binary=binary
    ) as server:
        result = server.load("fresh", 300, requests, buyers=BUYERS, connections=1)
    if result["statuses"] != {"200": requests}:
        raise SystemExit(f"not every counted request was answered with 200: {result['statuses']}")
    annotate = ["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(output)]
    text = subprocess.run(annotate, capture_output=True, text=True, check=True).stdout
    demangle = ["swift", "demangle", "-simplified"]
    text = subprocess.run(demangle, input=text, capture_output=True, text=True, check=True).stdout
    return steps(text)


def steps(text: str) -> dict[str, int | None]:
    functions: dict[str, int] = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            name = match.group(2).split(":", 1)[-1].removeprefix("specialized ")
            functions[name] = max(functions.get(name, 0), int(match.group(1).replace(",", "")))
    found: dict[str, int | None] = {}
    for step, names in STEPS.items():
        largest = [
            max((count for name, count in functions.items() if name.startswith(wanted)), default=0)
            for wanted in names
        ]
        found[step] = sum(largest) if all(largest) else None
    found[WHOLE] = total(text)
    return found


def total(text: str) -> int:
    match = re.search(r"([\d,]+) \([\d.]+%\)\s+PROGRAM TOTALS", text)
    if match is None:
        raise SystemExit("callgrind_annotate printed no totals")
    return int(match.group(1).replace(",", ""))


def rows() -> list[list[str]]:
    found = per_request()
    whole = found[WHOLE] or 1
    return [
        [step, "inlined" if count is None else f"{count:,.0f}",
         "" if count is None else f"{count / whole:.0%}"]
        for step, count in found.items()
    ]
