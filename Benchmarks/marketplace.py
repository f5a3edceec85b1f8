"""The marketplace that the load generator's requests name, as a seed file."""

SELLER = "111122223333"
WORKLOADS_BUYER = "222233334444"
SESSION = "benchmark-session"
SECRET = "benchmark-secret"
START = '"2026-01-01T00:00:00Z"'


def buyer(number: int) -> str:
    return f"{700_000_000_000 + number}"


def seed(buyers: int, workloads: int = 0, history: bool = False) -> str:
    """A SaaS product with so many buyers, and products that so many workloads run.

    With a history, its product has the same buyers.
    """
    return "\n".join(
        ["accounts:", *accounts(buyers), "products:"]
        + [line for product in PRODUCTS for line in product_lines(*product)]
        + ["agreements:", *agreements(buyers, history), "credentials:", *credentials(workloads), ""]
    )


# The product of a long history; it has the same buyers as the first.
HISTORY = "benchmarkhistory000000001"
PRODUCTS = [
    ("benchmarkproduct000000001", "saas"),
    ("benchmarkmachine000000001", "ami"),
    ("benchmarkcontainer0000001", "container"),
    (HISTORY, "saas"),
]


def accounts(buyers: int):
    yield f'  - {{accountId: "{SELLER}", role: seller, name: Seller}}'
    yield f'  - {{accountId: "{WORKLOADS_BUYER}", role: buyer, name: Buyer}}'
    for number in range(buyers):
        yield f'  - {{accountId: "{buyer(number)}", role: buyer, name: Buyer}}'


def product_lines(code: str, kind: str):
    yield f"  - productCode: {code}"
    yield f"    type: {kind}"
    yield "    title: Benchmark"
    yield f'    sellerAccountId: "{SELLER}"'
    yield "    dimensions:"
    for index in range(25):
        yield f"      - {{name: d{index}}}"


def agreements(buyers: int, history: bool):
    for number in range(buyers):
        yield agreement(f"agmt-{number}", PRODUCTS[0][0], buyer(number))
        if history:
            yield agreement(f"agmt-history-{number}", HISTORY, buyer(number))
    for code, kind in PRODUCTS[1:3]:
        yield agreement(f"agmt-{kind}", code, WORKLOADS_BUYER)


def agreement(name: str, code: str, account: str) -> str:
    return (
        f"  - {{agreementId: {name}, productCode: {code}, "
        f'buyerAccountId: "{account}", startsAt: {START}}}'
    )


def credentials(workloads: int):
    yield (
        f"  - {{accessKeyId: AKIABENCHMARKSELLER1, secretAccessKey: {SECRET}, "
        f'principal: {{kind: account, accountId: "{SELLER}"}}}}'
    )
    for number in range(workloads):
        keys = (f"AKIAMETER{number:011}", "ec2Instance"), (f"AKIATASK{number:012}", "ecsTask")
        for key, kind in keys:
            yield (
                f"  - {{accessKeyId: {key}, secretAccessKey: {SECRET}, sessionToken: {SESSION}, "
                f'expiresIn: 0, principal: {{kind: {kind}, accountId: "{WORKLOADS_BUYER}", '
                f"region: us-east-1, resourceId: {kind}-{number}}}}}"
            )
