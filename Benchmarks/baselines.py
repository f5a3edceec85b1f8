"""What the same rows cost elsewhere: PostgreSQL, and SQLite alone."""

import os
import pathlib
import pwd
import re
import subprocess
import tempfile
import time

from servers import TOOLS, free_port

TABLE = """
CREATE TABLE usage_record (
    product text, license text, buyer text, dimension text, region text, hour bigint,
    id uuid, quantity bigint, reported_at bigint, recorded_at bigint,
    PRIMARY KEY (product, buyer, dimension, region, hour)
)"""


def sqlite_rows_per_second(seconds: float, rows: int) -> float:
    """Rows that a bare loop over SQLite's C interface makes durable, so many a transaction."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(TOOLS / "SQLiteLoop"), "--file", f"{folder}/loop.db"]
        command += ["--seconds", str(seconds), "--rows", str(rows)]
        return float(subprocess.run(command, capture_output=True, check=True).stdout)


class Postgres:
    """A server of PostgreSQL with fsync, in a folder of its own, on loopback."""

    def __init__(self) -> None:
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not versions:
            raise SystemExit("PostgreSQL is missing: run Scripts/install-prerequisites --bench")
        self.binaries = versions[-1]
        self.port = free_port()

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            os.chown(self.folder.name, pwd.getpwnam(self.user).pw_uid, -1)
        self.data = f"{self.folder.name}/data"
        self.run("initdb", "-D", self.data, "--auth", "trust", "--no-instructions")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-w", "start")
        self.client("psql", "-c", TABLE)
        return self

    def __exit__(self, *_) -> None:
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        self.folder.cleanup()

    def run(self, program: str, *arguments: str) -> str:
        prefix = ["runuser", "-u", self.user, "--"] if self.user else []
        command = prefix + [str(self.binaries / program), *arguments]
        # Files, not pipes: the server that pg_ctl starts would hold a pipe open.
        with open(f"{self.folder.name}/log", "w+", encoding="utf-8") as log:
            subprocess.run(command, stdout=log, stderr=log, check=True, cwd=self.folder.name)
            log.seek(0)
            return log.read()

    def client(self, program: str, *arguments: str) -> str:
        place = ["-h", "127.0.0.1", "-p", str(self.port)]
        if self.user:
            place += ["-U", self.user]
        return self.run(program, *place, *arguments, "postgres")

    def rows_per_second(self, seconds: float, connections: int) -> float:
        """25 rows a statement, none of which was there before."""
        hour = int(time.time()) // 3600
        values = ",\n".join(
            "('benchmarkproduct000000001', NULL, (700000000000 + :buyer)::text, "
            f"'d{index}', 'us-east-1', {hour} - :hour, gen_random_uuid(), :quantity, "
            f"{hour * 3_600_000}, {hour * 3_600_000})"
            for index in range(25)
        )
        script = (
            "\\set buyer random(0, 1000000000)\n\\set hour random(0, 22)\n"
            "\\set quantity random(0, 99)\n"
            f"INSERT INTO usage_record VALUES {values} ON CONFLICT DO NOTHING;\n"
        )
        path = f"{self.folder.name}/script.sql"
        pathlib.Path(path).write_text(script, encoding="utf-8")
        os.chmod(path, 0o644)
        output = self.client(
            "pgbench", "--no-vacuum", "--protocol=prepared", "-f", path, "-c", str(connections),
            "-j", "2", "-T", str(max(1, round(seconds))),
        )
        return 25 * float(re.search(r"tps = ([\d.]+)", output).group(1))
