"""A real Ceph cluster for the tests: one monitor and one OSD on loopback, in a temporary folder.

There is one copy of everything, and no manager, which pools of images do not need. Everybody shows a key; stores
come as the user `haneul`, who has rights in two pools only.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POOL = "images"
SECOND_POOL = "images-2"
USER = "haneul"
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = {address}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
mon data avail crit = 1
mon osd full ratio = 0.99
paxos propose interval = 0.1
bluestore block size = 4294967296
osd memory target = 939524096
mon data = {folder}/mon
osd data = {folder}/osd
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
keyring = {folder}/$name.keyring
"""


class Cluster:
    """Made and stopped by hand; paused, it takes connections and says nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fsid = str(uuid.uuid4())
        self.conf = folder / "ceph.conf"
        self._address = f"[v2:127.0.0.1:{_free_port()},v1:127.0.0.1:{_free_port()}]"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.options: dict[str, str] = {}
        """A store's options to use the pool `images`."""

    def make(self) -> None:
        """An empty pool is ready to be used."""
        given = {"fsid": self.fsid, "address": self._address, "folder": self.folder}
        self.conf.write_text(CONFIGURATION.format(**given))
        (self.folder / "osd").mkdir()
        plan, osd = str(self.folder / "monmap"), str(uuid.uuid4())
        keys = self._make_keys()
        self._run("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", self._address, plan)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", plan, "--keyring", keys)
        self._spawn("ceph-mon", "-i", "a")
        self._run("ceph", "osd", "new", osd)
        self._let_in("osd.0", mon="allow profile osd", osd="allow *")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        mine = ", ".join(f"profile rbd pool={pool}" for pool in (POOL, SECOND_POOL))
        self._let_in(f"client.{USER}", mon="profile rbd", osd=mine)
        self._spawn("ceph-osd", "-i", "0")
        self.options = self.add_pool(POOL)

    def _make_keys(self) -> str:
        """The keyring that a monitor begins with; the administrator's key is where their commands look for it."""
        keys, admin = self.folder / "mon.keyring", self.folder / "client.admin.keyring"
        everything = ("--cap", "mon", "allow *")
        make = ("ceph-authtool", "--create-keyring", "--gen-key")
        self._run(*make, "-n", "mon.", *everything, str(keys))
        self._run(*make, "-n", "client.admin", *everything, "--cap", "osd", "allow *", str(admin))
        keys.write_text(keys.read_text() + admin.read_text())
        return str(keys)

    def _let_in(self, who: str, **may: str) -> None:
        """There is such a user, whose key is where theirs are looked for."""
        caps = [word for pair in may.items() for word in pair]
        self._run("ceph", "auth", "get-or-create", who, *caps, "-o", str(self.folder / f"{who}.keyring"))

    def add_pool(self, name: str) -> dict[str, str]:
        """A store's options to use this pool, which is new and empty."""
        self._run("ceph", "osd", "pool", "create", name, "8")
        self.rbd("pool", "init", name)
        return {"conf": str(self.conf), "pool": name, "user": USER}

    def stop(self) -> None:
        """Nothing of it runs."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes = []

    def pause(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGCONT)

    def rbd(self, *words: str) -> str:
        """What the stock command says; it worked."""
        return self._run("rbd", *words)

    def shut_out(self, client: str) -> None:
        """The cluster serves the client at this address no more."""
        self._run("ceph", "osd", "blocklist", "add", client)

    def rados(self, *words: str) -> str:
        return self._run("rados", *words)

    def _run(self, command: str, *words: str) -> str:
        done = subprocess.run(
            [command, "--conf", str(self.conf), *words], capture_output=True, timeout=60, text=True
        )
        assert done.returncode == 0, f"{command} {' '.join(words)}: {done.stderr[-600:]}"
        return done.stdout

    def _spawn(self, command: str, *words: str) -> None:
        self._processes.append(
            subprocess.Popen(
                [command, "--conf", str(self.conf), "-f", *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster with one empty pool; it is gone after the block."""
    for tool in ("ceph-mon", "ceph-osd", "ceph", "rbd"):
        assert shutil.which(tool), f"{tool} is not installed: packaging/install-debian-packages tests"
    folder = Path(tempfile.mkdtemp(prefix="haneul-ceph-"))  # short: sockets are in it
    cluster = Cluster(folder)
    try:
        cluster.make()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
