"""Whether KVM truly works on this host, found by trying; remembered until the host boots again.

That /dev/kvm opens says little: nested in another hypervisor, KVM may die at once, or run simple code and
then hang on a real kernel. So there are two steps, each in a guest of its own. A BIOS of three instructions
finds a KVM that dies, in a tenth of a second. A real kernel without a root file system panics and reboots,
which ends QEMU, when all is well; one that has not done so after five seconds never will.
"""

from __future__ import annotations

import asyncio
import os
import platform
from pathlib import Path

import msgspec
from msgspec import Struct

from haneul.kernel import whole_files
from haneul.services.compute.drivers.qemu.command_line import Acceleration

KVM = Path("/dev/kvm")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LIMIT_S = 5
_EXIT_PORT = 0xF4
_GOOD_EXIT = 0x2A * 2 + 1  # isa-debug-exit's way of ending with 0x2a
_QEMU = ("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none")


class Remembered(Struct, frozen=True):
    boot_id: str
    acceleration: Acceleration


async def find(folder: Path, kernel: Path | None = None, wanted: str = "auto") -> Acceleration:
    """The acceleration to use; `wanted` may be kvm or tcg to decide without trying."""
    if wanted != "auto":
        return Acceleration(wanted, "set by the operator")
    boot_id, file = _BOOT_ID.read_text().strip(), folder / "accelerator.json"
    try:
        known = msgspec.json.decode(file.read_bytes(), type=Remembered)
        if known.boot_id == boot_id:
            return known.acceleration
    except (FileNotFoundError, msgspec.DecodeError):
        pass
    kernel = kernel or _host_kernel()
    acceleration = await _try(folder, kernel)
    if kernel is not None or not KVM.exists():
        whole_files.write(file, msgspec.json.encode(Remembered(boot_id, acceleration)), outlives_power=False)
    return acceleration


async def _try(folder: Path, kernel: Path | None) -> Acceleration:
    if not os.access(KVM, os.R_OK | os.W_OK):
        return Acceleration("tcg", "/dev/kvm is not there, or not for us")
    if not await _passes_bios(folder):
        return Acceleration("tcg", "KVM does not run even a BIOS of three instructions")
    if kernel is None:
        return Acceleration("tcg", "KVM runs a small BIOS, but there is no kernel here to try it with")
    if not await _passes_kernel(kernel):
        return Acceleration("tcg", f"a kernel does not come up under KVM within {_LIMIT_S} s")
    return Acceleration("kvm", "KVM boots a kernel")


async def _passes_bios(folder: Path) -> bool:
    bios = folder / "probe.bios"
    bios.write_bytes(_tiny_bios())
    try:
        device = f"isa-debug-exit,iobase={_EXIT_PORT:#x},iosize=1"
        status = await _status(
            *_QEMU, "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "16",
            "-bios", str(bios), "-device", device,
        )  # fmt: skip
    finally:
        bios.unlink()
    return status == _GOOD_EXIT


async def _passes_kernel(kernel: Path) -> bool:
    status = await _status(
        *_QEMU, "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "128", "-no-reboot",
        "-kernel", str(kernel), "-append", "console=ttyS0 panic=-1 quiet",
    )  # fmt: skip
    return status == 0


def _tiny_bios() -> bytes:
    """64 KiB whose reset vector is: mov al,0x2a; out 0xf4,al; hlt."""
    rom = bytearray(b"\xf4" * 65536)
    rom[0xFFF0:0xFFF5] = bytes((0xB0, 0x2A, 0xE6, _EXIT_PORT, 0xF4))
    return bytes(rom)


def _host_kernel() -> Path | None:
    """A kernel image lying on this host, its own first."""
    own = Path("/boot") / f"vmlinuz-{platform.release()}"
    for kernel in (own, *sorted(Path("/boot").glob("vmlinuz*"), reverse=True)):
        if os.access(kernel, os.R_OK):
            return kernel
    return None


async def _status(*command: str) -> int | None:
    """How the program ended; None when it had to be killed."""
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=nothing, stderr=nothing)
    try:
        return await asyncio.wait_for(process.wait(), _LIMIT_S)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
