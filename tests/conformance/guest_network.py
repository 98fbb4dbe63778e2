"""A network for one guest: a namespace with a bridge, two taps, DHCP and a metadata service."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from haneul.services.compute.drivers.interface import NicSpec

ROUTER, ADDRESS = "10.77.0.1", "10.77.0.10"
MAC = "fa:16:3e:77:00:0a"


@dataclass
class GuestNetwork:
    namespace: str
    folder: Path

    def __enter__(self) -> GuestNetwork:
        run("ip", "netns", "add", self.namespace)
        inside = ("ip", "-n", self.namespace)
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "link", "add", "br0", "type", "bridge")
        for address in (f"{ROUTER}/24", "169.254.169.254/32"):
            run(*inside, "address", "add", address, "dev", "br0")
        for tap in ("tap0", "tap1"):
            run(*inside, "tuntap", "add", tap, "mode", "tap", "vnet_hdr")
            run(*inside, "link", "set", tap, "master", "br0", "up")
        run(*inside, "link", "set", "br0", "up")
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "key"))
        (self.folder / "openstack/latest").mkdir(parents=True)
        self._daemons = [self._start(*self._dhcp()), self._start(*self._metadata())]
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in self._daemons:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()
        run("ip", "netns", "del", self.namespace)

    @property
    def public_key(self) -> str:
        return (self.folder / "key.pub").read_text().strip()

    def nic(self, index: int) -> NicSpec:
        connection = {"kind": "tap", "namespace": self.namespace, "device": f"tap{index}"}
        return NicSpec(port_id=f"port-{index}", mac=MAC[:-1] + "ab"[index], mtu=1450, connection=connection)

    async def ssh(self, command: str) -> str:
        """What the command says in the guest, once it lets us in."""
        options = [f"-o{option}" for option in (
            "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=5", "LogLevel=ERROR",
            "BatchMode=yes",
        )]  # fmt: skip
        words = ["ssh", "-i", str(self.folder / "key"), *options, f"haneul@{ADDRESS}", command]
        process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", self.namespace, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        output, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()
        return output.decode().strip()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, *command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _dhcp(self) -> tuple[str, ...]:
        return (
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0",
            "--bind-interfaces", "--user=root", "--no-ping", "--pid-file=", "--leasefile-ro",
            f"--dhcp-range={ROUTER},static", f"--dhcp-host={MAC},{ADDRESS}", "--dhcp-option=option:mtu,1450",
        )  # fmt: skip

    def _metadata(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "http.server", "--bind", "169.254.169.254", "80")


def name() -> str:
    return f"hnl-guest-{os.getpid()}"


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
