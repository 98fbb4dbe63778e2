"""Data of images against the plainest programs that do the same, in one run.

Upload stands against `dd` that writes the same bytes to the same disk while both digests are computed from
a pipe; download against nginx that serves the same file (the median of several, taken in turns). Memory is
the control plane's greatest while ten sparse GiB come and go, over what it had before.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

MIB = 1 << 20
SIZE = 512 * MIB
LARGE = 10 << 30
ROUNDS = 5
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    sendfile on;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class Cloud(NamedTuple):
    endpoint: str
    token: str
    pid: int
    """Of the control plane."""


def cloud(status: dict[str, Any], identity_url: str, password: str) -> Cloud:
    """The running cloud, by what `haneul status` says of it; its administrator asks."""
    domain = {"name": "Default"}
    user = {"name": "admin", "password": password, "domain": domain}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "admin", "domain": domain}},
        }
    }
    answer = httpx.post(f"{identity_url}/v3/auth/tokens", json=body).raise_for_status()
    [pid] = [each["pid"] for each in status["processes"] if each["role"] == "control-plane"]
    return Cloud(status["endpoint"], answer.headers["x-subject-token"], pid)


class Figures(NamedTuple):
    """MiB a second, and MiB."""

    upload: float
    dd: float
    download: float
    nginx: float | None
    """None: it is not installed."""
    growth: float

    def table(self) -> str:
        lines = [
            "| data of images | Haneul | against | ratio |",
            "|---|---:|---|---:|",
            f"| upload, MiB/s | {self.upload:.0f} | dd with both digests: {self.dd:.0f} "
            f"| {self.upload / self.dd:.2f} |",
        ]
        if self.nginx is not None:
            lines.append(
                f"| download, MiB/s | {self.download:.0f} | nginx: {self.nginx:.0f} "
                f"| {self.download / self.nginx:.2f} |"
            )
        lines.append(f"| memory over idle, 10 GiB up and down, MiB | {self.growth:.0f} | | |")
        return "\n".join(lines)


def measured(cloud: Cloud) -> Figures:
    with tempfile.TemporaryDirectory(prefix="haneul-images-") as name, nginx(Path(name)) as plain:
        folder = Path(name)
        data = folder / "data"
        with Path("/dev/urandom").open("rb") as random, data.open("wb") as file:
            for _ in range(SIZE // MIB):
                file.write(random.read(MIB))
        ups, dds, downs, plains = [], [], [], []
        for _ in range(ROUNDS):
            image = created(cloud)
            ups.append(SIZE / MIB / uploaded(cloud, image, data))
            dds.append(SIZE / MIB / copied(data, folder / "copy"))
            for _ in ("once", "again"):
                downs.append(fetched(f"{cloud.endpoint}/image/v2/images/{image}/file", cloud.token))
                if plain:
                    plains.append(fetched(f"{plain}/data", ""))
            removed(cloud, image)
        growth = large(cloud, folder / "large")
    median = statistics.median
    return Figures(median(ups), median(dds), median(downs), median(plains) if plains else None, growth)


def created(cloud: Cloud) -> str:
    answer = httpx.post(
        f"{cloud.endpoint}/image/v2/images",
        json={"name": "bench", "disk_format": "raw", "container_format": "bare"},
        headers={"X-Auth-Token": cloud.token},
    )
    return str(answer.raise_for_status().json()["id"])


def removed(cloud: Cloud, image: str) -> None:
    headers = {"X-Auth-Token": cloud.token}
    httpx.delete(f"{cloud.endpoint}/image/v2/images/{image}", headers=headers).raise_for_status()


def curl(*words: str) -> str:
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def uploaded(cloud: Cloud, image: str, path: Path) -> float:
    """Seconds that the upload took."""
    begun = time.monotonic()
    headers = [f"X-Auth-Token: {cloud.token}", "Content-Type: application/octet-stream", "Expect:"]
    words = [word for header in headers for word in ("--header", header)]
    curl("--upload-file", str(path), *words, f"{cloud.endpoint}/image/v2/images/{image}/file")
    return time.monotonic() - begun


def fetched(url: str, token: str) -> float:
    """MiB a second."""
    told = curl("--header", f"X-Auth-Token: {token}", "--write-out", "%{speed_download}", url)
    return float(told) / MIB


def copied(data: Path, copy: Path) -> float:
    """Seconds that it takes dd to write the file, down to the disk, while both digests are computed."""
    begun = time.monotonic()
    script = f"set -o pipefail; tee >(md5sum >/dev/null) >(sha512sum >/dev/null) <{data} | "
    script += f"dd of={copy} bs=1M iflag=fullblock conv=fsync status=none; wait"
    subprocess.run(["bash", "-c", script], check=True)
    taken = time.monotonic() - begun
    copy.unlink()
    return taken


def large(cloud: Cloud, path: Path) -> float:
    """By how many MiB the control plane grows while a sparse file goes up and down."""
    with path.open("wb") as file:
        file.truncate(LARGE)
    image = created(cloud)
    before = memory(cloud.pid, "VmRSS")
    Path(f"/proc/{cloud.pid}/clear_refs").write_text("5")  # the greatest is counted from here
    uploaded(cloud, image, path)
    fetched(f"{cloud.endpoint}/image/v2/images/{image}/file", cloud.token)
    growth = memory(cloud.pid, "VmHWM") - before
    removed(cloud, image)
    return growth


def memory(pid: int, what: str) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(what)


@contextlib.contextmanager
def nginx(folder: Path, port: int = 18098) -> Iterator[str]:
    """The address of an nginx that serves the folder; empty if there is none on this machine."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield ""
        return
    (folder / "nginx.conf").write_text(f"user root;\n{NGINX.format(folder=folder, port=port)}")
    words = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    running = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()
