"""Real machines: what Haneul adds to bare QEMU until a guest runs, and what an idle real cloud takes.

Both start the same command line on the same kind of disk: once asked for through the API and waited for
until the server is ACTIVE, once run by hand and waited for until QEMU says that the guest runs.
"""

from __future__ import annotations

import json
import shutil
import socket
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from haneul.commands.demo import Client

RUNS = 7
PAUSE_S = 0.003


class Real(NamedTuple):
    through_s: float
    """Median seconds from the request until the server is ACTIVE."""
    bare_s: float
    """Median seconds from the start of QEMU until its guest runs."""
    memory_mib: float


def measure(state: Path, memory_mib: float) -> Real:
    """Of a real cloud that runs on that folder."""
    admin = Client(state, "haneul")
    through, words, disk = [], [], Path()
    for _ in range(RUNS):
        begun = time.monotonic()
        id = _create(admin)
        through.append(time.monotonic() - begun)
        words = _command_line(id)
        disk = next(state.glob(f"hosts/*/qemu/disks/{id}/root.qcow2"))
        base = _base(disk)
        admin.call("DELETE", "compute", f"/servers/{id}")
        _until_gone(admin, id)
    bare = [_bare(words, disk, base, state / "bare") for _ in range(RUNS)]
    return Real(statistics.median(through), statistics.median(bare), memory_mib)


def _create(admin: Client) -> str:
    image = admin.call("GET", "image", "/v2/images?status=active")["images"][0]["id"]
    wanted = {"name": "bench", "imageRef": image, "flavorRef": "tiny", "networks": "none"}
    id: str = admin.call("POST", "compute", "/servers", {"server": wanted})["server"]["id"]
    while True:
        server = admin.call("GET", "compute", f"/servers/{id}")["server"]
        if server["status"] == "ACTIVE":
            return id
        if server["status"] == "ERROR":
            raise SystemExit(f"a server failed: {server['fault']['message']}")
        time.sleep(PAUSE_S)


def _until_gone(admin: Client, id: str) -> None:
    while any(s["id"] == id for s in admin.call("GET", "compute", "/servers")["servers"]):
        time.sleep(0.05)


def _command_line(id: str) -> list[str]:
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().decode().split("\0")[:-1]
        except OSError:
            continue
        if words and words[0].startswith("qemu-system") and f"guest=haneul-{id}" in " ".join(words):
            return words
    raise SystemExit(f"no QEMU runs for {id}")


def _base(disk: Path) -> str:
    words = ["qemu-img", "info", "-U", "--output=json", str(disk)]
    told: dict[str, Any] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return str(told["backing-filename"])


def _bare(words: list[str], disk: Path, base: str, folder: Path) -> float:
    folder.mkdir()
    own = folder / "root.qcow2"
    make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, str(own), "1G"]
    subprocess.run(make, check=True)
    line = [w.replace(str(disk), str(own)) for w in words if w != "-S"]
    begun = time.monotonic()
    qemu = subprocess.Popen(line, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        _until_running(folder / "qmp.sock")
        return time.monotonic() - begun
    finally:
        qemu.kill()
        qemu.wait()
        shutil.rmtree(folder)


def _until_running(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as link:
        while True:
            try:
                link.connect(str(path))
                break
            except OSError:
                time.sleep(PAUSE_S)
        answers = link.makefile("rwb")
        answers.readline()
        for command in ("qmp_capabilities", "query-status"):
            answers.write(json.dumps({"execute": command}).encode() + b"\n")
            answers.flush()
            said = json.loads(answers.readline())
        while not said["return"]["running"]:
            answers.write(b'{"execute": "query-status"}\n')
            answers.flush()
            said = json.loads(answers.readline())
