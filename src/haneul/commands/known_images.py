"""Cloud images that everybody knows: where their makers publish them, with which list of checksums.

The newest file of a release is taken where the maker keeps one name for it; where a version is part of the
name, it is said here and has to be raised by hand.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownImage(NamedTuple):
    url: str
    checksums: str
    """A file beside it, with a line for each image or its own hash alone."""
    algorithm: str
    properties: dict[str, str]
    min_disk: int


def _debian(version: str, name: str) -> KnownImage:
    return KnownImage(
        f"https://cloud.debian.org/images/cloud/{name}/latest/debian-{version}-genericcloud-amd64.qcow2",
        "SHA512SUMS",
        "sha512",
        {"os_distro": "debian", "os_version": version},
        3,
    )


def _ubuntu(version: str, name: str) -> KnownImage:
    return KnownImage(
        f"https://cloud-images.ubuntu.com/{name}/current/{name}-server-cloudimg-amd64.img",
        "SHA256SUMS",
        "sha256",
        {"os_distro": "ubuntu", "os_version": version},
        4,
    )


def _alpine(version: str) -> KnownImage:
    branch = ".".join(version.split(".")[:2])
    name = f"generic_alpine-{version}-x86_64-bios-cloudinit-r0.qcow2"
    return KnownImage(
        f"https://dl-cdn.alpinelinux.org/alpine/v{branch}/releases/cloud/{name}",
        f"{name}.sha512",
        "sha512",
        {"os_distro": "alpine", "os_version": version},
        1,
    )


KNOWN = {
    "debian-12": _debian("12", "bookworm"),
    "debian-13": _debian("13", "trixie"),
    "ubuntu-22.04": _ubuntu("22.04", "jammy"),
    "ubuntu-24.04": _ubuntu("24.04", "noble"),
    "cirros": KnownImage(
        "https://download.cirros-cloud.net/0.6.3/cirros-0.6.3-x86_64-disk.img",
        "MD5SUMS",
        "md5",
        {"os_distro": "cirros", "os_version": "0.6.3", "hw_rng_model": "virtio"},
        1,
    ),
    "alpine": _alpine("3.22.2"),
}


def checksum(text: str, file_name: str) -> str | None:
    """The hash that a list of checksums gives for the file; a list of one hash alone is the file's."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    for words in lines:
        if len(words) >= 2 and words[-1].lstrip("*").rsplit("/", 1)[-1] == file_name:
            return words[0].lower()
    if len(lines) == 1 and len(lines[0]) == 1:
        return lines[0][0].lower()
    return None
