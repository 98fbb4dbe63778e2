"""Types the commands of a file beside this one with openstackclient."""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from pathlib import Path

from tests.clients.stock import Client

HERE = Path(__file__).parent
warnings.simplefilter("ignore")


def main() -> None:
    clouds = Path(os.environ["OS_CLIENT_CONFIG_FILE"])
    known = {f"{{{name}}}": os.environ[f"REPLAY_{name}"] for name in KNOWN} | {"{HERE}": str(HERE)}
    client = Client(clouds, "admin")
    for line in Path(sys.argv[1]).read_text().splitlines():
        if line.startswith("["):
            client = Client(clouds, line.strip("[]"), *NEWEST)
        elif line and not line.startswith("#"):
            for name, value in known.items():
                line = line.replace(name, value)
            code, _, err = client._call(shlex.split(line))
            if code:
                print(line, "->", code, err.strip()[-300:], file=sys.stderr)


KNOWN = ("HOST", "PROJECT_ID", "MEMBER_ID", "ADMIN_ID", "NAME", "SECRET")
NEWEST = ("--os-compute-api-version", "2.96", "--os-volume-api-version", "3.70")


if __name__ == "__main__":
    main()
