"""Builds the small guest image: a Debian kernel, busybox and dropbear in 20 MB.

It takes neither mounts nor loop devices nor the network beyond apt: every file system is written into the
image file by its own tool. The partition with the root file system comes last, so that it can grow. What
runs inside the guest is in the folder `files`, as readable shell scripts.
"""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from haneul.kernel import whole_files
from haneul.kernel.commands import run
from haneul.kernel.errors import DriverError, ImpossibleHere

FILES = Path(__file__).parent / "files"
_SECTOR = 512
_BOOT_START, _BOOT_SECTORS = 2048, 49152
_ROOT_START, _ROOT_MIB = _BOOT_START + _BOOT_SECTORS, 64
_KERNEL_PACKAGE = "linux-image-cloud-amd64"
_MBR = Path("/usr/lib/syslinux/mbr/mbr.bin")

# What the initial RAM disk needs to see any disk, and what the running system loads.
_EARLY = ("virtio_pci", "virtio_mmio", "virtio_blk", "virtio_scsi", "sd_mod", "ata_piix", "ext4")
_LATE = (
    "virtio_net", "virtio_balloon", "virtio_rng", "button", "evdev", "e1000", "e1000e", "8139cp",
    "isofs", "vfat", "nls_ascii", "nls_cp437", "af_packet", "psmouse",
)  # fmt: skip
_ON_DEMAND = ("nfsv4", "cifs", "virtiofs", "8021q", "overlay", "xfs", "dm_crypt")
_PROGRAMS = ("/usr/sbin/dropbear", "/usr/bin/dropbearkey", "/sbin/resize2fs")
_INSTALLED_AS = {
    "inittab": ("etc/inittab", 0o644),
    "rcS": ("etc/init.d/rcS", 0o755),
    "rcK": ("etc/init.d/rcK", 0o755),
    "network": ("sbin/network", 0o755),
    "udhcpc": ("etc/udhcpc.script", 0o755),
    "instance": ("sbin/instance", 0o755),
    "sudo": ("usr/bin/sudo", 0o755),
    "power-button": ("etc/acpi/PWRF/00000080", 0o755),
}
_SHADOW_OF_HANEUL = (
    "$6$haneul$5iNl6DndKo7ahfljwi/FsRSwaskhnn/RHJ/PtZiQMwaGwOwotcGF4c642X9JQl1wt4k7U9MsyXPb3DUesEBw.1"
)
_FOLDERS = (
    "bin", "dev", "etc/dropbear", "home/haneul", "lib", "lib64", "mnt", "proc", "root", "run",
    "sbin", "sys", "tmp", "usr/bin", "usr/sbin", "usr/lib", "var/lib", "var/log", "var/run",
)  # fmt: skip


async def build(to: Path, cache: Path) -> Path:
    """`to` is the image as qcow2. The kernel's package is kept in `cache`, and `cache/vmlinuz` beside it."""
    if os.geteuid() != 0:
        raise ImpossibleHere("The guest image is built by root, who may make files of several owners.")
    cache.mkdir(parents=True, exist_ok=True)
    ours = os.umask(0o022)  # what the guest's own users are to read
    try:
        return await _build(to, cache)
    finally:
        os.umask(ours)


async def _build(to: Path, cache: Path) -> Path:
    package = await _kernel_package(cache)
    with tempfile.TemporaryDirectory(prefix="haneul-image.") as name:
        folder = Path(name)
        kernel = await _unpack_kernel(package, folder / "kernel")
        shutil.copyfile(kernel.image, cache / "vmlinuz")
        await _write_initrd(kernel, folder)
        root = await _root_folder(kernel, folder / "root")
        disk = await _write_disk(kernel, root, folder)
        async with whole_files.making_slowly(to) as part:
            await run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", disk, part)
    return to


class _Kernel:
    """An unpacked kernel package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (self.image,) = (folder / "boot").glob("vmlinuz-*")
        self.release = self.image.name.removeprefix("vmlinuz-")

    async def modules(self, names: Iterable[str]) -> list[Path]:
        """The files of these modules and of what they need, in the order of loading.

        What is built in has no file; what this kernel does not know is left out.
        """
        files: dict[Path, None] = {}
        for name in names:
            for line in await self._dependencies(name):
                action, _, path = line.partition(" ")
                if action == "insmod":
                    files[Path(path.strip())] = None
        return list(files)

    async def _dependencies(self, name: str) -> list[str]:
        command = ("modprobe", "-d", self.folder, "-S", self.release, "--show-depends", name)
        try:
            return (await run(*command)).decode().splitlines()
        except DriverError as error:
            if "not found in directory" in error.text:
                return []
            raise


async def _kernel_package(cache: Path) -> Path:
    known = sorted(cache.glob("linux-image-*.deb"))
    if known:
        return known[-1]
    name = await _kernel_name()
    if not name:
        await run("apt-get", "update", "-qq")
        name = await _kernel_name()
    if not name:
        raise ImpossibleHere(
            f"apt offers no {_KERNEL_PACKAGE}; the guest image is built on Debian for amd64."
        )
    await run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", name, cwd=cache)
    return next(cache.glob("linux-image-*.deb"))


async def _kernel_name() -> str:
    """The package that the newest kernel is really in."""
    for line in (await run("apt-cache", "depends", _KERNEL_PACKAGE)).decode().splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "Depends" and value.startswith("linux-image-"):
            return value
    return ""


async def _unpack_kernel(package: Path, folder: Path) -> _Kernel:
    folder.mkdir()
    await run("dpkg", "-x", package, folder)
    kernel = _Kernel(folder)
    await run("depmod", "-b", folder, kernel.release)
    return kernel


async def _write_initrd(kernel: _Kernel, folder: Path) -> None:
    tree = folder / "initrd"
    for name in ("bin", "dev", "proc", "sys", "root", "lib/modules"):
        (tree / name).mkdir(parents=True)
    await _install_busybox(tree)
    _install(FILES / "initrd-init", tree / "init", 0o755)
    modules = await kernel.modules(_EARLY)
    for module in modules:
        shutil.copyfile(module, tree / "lib/modules" / module.name)
    (tree / "modules").write_text("\n".join(module.name for module in modules))
    with gzip.open(folder / "initrd.gz", "wb", compresslevel=6) as archive:
        archive.writelines(_cpio(tree))


async def _root_folder(kernel: _Kernel, root: Path) -> Path:
    for name in _FOLDERS:
        (root / name).mkdir(parents=True)
    await _install_busybox(root)
    (root / "bin/busybox").chmod(0o4755)  # `su` needs it
    for program in _PROGRAMS:
        await _install_program(Path(program), root)
    for name, (path, mode) in _INSTALLED_AS.items():
        _install(FILES / name, root / path, mode)
    await _install_modules(kernel, root)
    _write_accounts(root)
    return root


async def _install_busybox(root: Path) -> None:
    """With a link for each of its programs, as a static busybox does not look into itself for them."""
    busybox = shutil.which("busybox")
    if busybox is None:
        raise ImpossibleHere("The package busybox-static is not installed on this host.")
    _install(Path(busybox), root / "bin/busybox", 0o755)
    for applet in (await run("busybox", "--list-full")).decode().split():
        link = root / applet
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to("/bin/busybox")


async def _install_program(program: Path, root: Path) -> None:
    """With the libraries that it is linked to; in place of busybox' version, if it has one."""
    target = root / program.relative_to("/")
    target.unlink(missing_ok=True)
    _install(program, target, 0o755)
    for word in (await run("ldd", program)).decode().split():
        if word.startswith("/") and not (root / word[1:]).exists():
            _install(Path(word), root / word[1:], 0o755)


async def _install_modules(kernel: _Kernel, root: Path) -> None:
    source = kernel.folder / "lib/modules" / kernel.release
    target = root / "lib/modules" / kernel.release
    for module in await kernel.modules((*_LATE, *_ON_DEMAND)):
        _install(module, target / module.relative_to(source), 0o644)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        _install(source / name, target / name, 0o644)
    await run("depmod", "-b", root, kernel.release)
    (root / "etc/modules").write_text("\n".join(_LATE) + "\n")


def _write_accounts(root: Path) -> None:
    etc = root / "etc"
    (etc / "passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\nhaneul:x:1000:1000:haneul:/home/haneul:/bin/sh\n"
    )
    # The password "haneul", for the consoles; root has none and is reached by key or through su.
    (etc / "shadow").write_text(f"root::19000:0:99999:7:::\nhaneul:{_SHADOW_OF_HANEUL}:19000:0:99999:7:::\n")
    (etc / "shadow").chmod(0o600)
    (etc / "group").write_text("root:x:0:\ntty:x:5:\nhaneul:x:1000:\n")
    (etc / "shells").write_text("/bin/sh\n")
    (etc / "hostname").write_text("haneul\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (etc / "issue").write_text(
        "\nHaneul's small image. Log in as haneul, password haneul; sudo makes you root.\n\n"
    )
    (etc / "profile").write_text("export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n")


async def _write_disk(kernel: _Kernel, root: Path, folder: Path) -> Path:
    disk = folder / "disk"
    with disk.open("wb") as file:
        file.truncate(_ROOT_START * _SECTOR + (_ROOT_MIB << 20))
    layout = folder / "layout"
    layout.write_text(
        f"label: dos\nstart={_BOOT_START},size={_BOOT_SECTORS},type=6,bootable\nstart={_ROOT_START},type=83\n"
    )
    await _partition(disk, layout)
    await _write_boot(disk, kernel, folder)
    os.chown(root / "home/haneul", 1000, 1000)
    await run(
        "mkfs.ext4", "-q", "-F", "-L", "rootfs", "-m0", "-b", "4096", "-i", "8192", "-J", "size=4",
        "-d", root, "-E", f"offset={_ROOT_START * _SECTOR},root_owner=0:0", disk, f"{_ROOT_MIB}M",
    )  # fmt: skip
    return disk


async def _partition(disk: Path, layout: Path) -> None:
    await run("sh", "-c", 'sfdisk -q "$1" < "$2"', "sh", disk, layout)


async def _write_boot(disk: Path, kernel: _Kernel, folder: Path) -> None:
    offset = _BOOT_START * _SECTOR
    at = f"{disk}@@{offset}"
    geometry = ("-T", str(_BOOT_SECTORS), "-h", "16", "-s", "63", "-H", str(_BOOT_START))
    await run("mformat", "-i", at, *geometry, "::")
    shutil.copyfile(kernel.image, folder / "vmlinuz")
    files = (folder / "vmlinuz", folder / "initrd.gz", FILES / "syslinux.cfg")
    await run("mcopy", "-i", at, *files, "::/")
    await run("syslinux", "--install", "--offset", str(offset), disk)
    with disk.open("r+b") as file:
        file.write(_MBR.read_bytes()[:440])


def _install(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _cpio(tree: Path) -> Iterator[bytes]:
    """The folder as the archive that kernels unpack (cpio, "newc")."""
    for number, path in enumerate(sorted(tree.rglob("*")), start=1):
        status = path.lstat()
        if path.is_symlink():
            content = str(path.readlink()).encode()
        else:
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        yield _cpio_entry(str(path.relative_to(tree)), number, status.st_mode, content)
    yield _cpio_entry("TRAILER!!!", 0, 0, b"")


def _cpio_entry(name: str, number: int, mode: int, content: bytes) -> bytes:
    named = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(named), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields) + named
    return header + b"\0" * (-len(header) % 4) + content + b"\0" * (-len(content) % 4)
