"""What an image may say of the hardware it wants: closed meanings are closed sets, as in Nova's objects; pure.

A property that is not named here is free text, or a truth, which any text is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from haneul.kernel.errors import BadRequest

ARCHITECTURES = frozenset(
    [
        "aarch64",
        "alpha",
        "armv6",
        "armv7l",
        "armv7b",
        "cris",
        "i686",
        "ia64",
        "lm32",
        "m68k",
        "microblaze",
        "microblazeel",
        "mips",
        "mipsel",
        "mips64",
        "mips64el",
        "openrisc",
        "parisc",
        "parisc64",
        "ppc",
        "ppcle",
        "ppc64",
        "ppc64le",
        "ppcemb",
        "s390",
        "s390x",
        "sh4",
        "sh4eb",
        "sparc",
        "sparc64",
        "unicore32",
        "x86_64",
        "xtensa",
        "xtensaeb",
    ]
)
ARCHITECTURE_NAMES = {
    "i386": "i686", "i486": "i686", "i586": "i686", "x86_32": "i686", "x86_32p": "i686", "amd64": "x86_64"
}  # fmt: skip
HYPERVISORS = frozenset(
    [
        "baremetal",
        "bhyve",
        "docker",
        "fake",
        "hyperv",
        "ironic",
        "kqemu",
        "kvm",
        "lxc",
        "lxd",
        "openvz",
        "parallels",
        "vz",
        "phyp",
        "prsm",
        "qemu",
        "test",
        "uml",
        "vbox",
        "vmware",
        "xapi",
        "xen",
        "zvm",
    ]
)
MODES = frozenset(["hvm", "xen", "uml", "exe", "pv", "hv", "baremetal"])
BUSES = "fdc ide sata scsi usb virtio xen lxc uml"
SETS: dict[str, frozenset[str]] = {
    name: frozenset(values.split())
    for name, values in {
        "hw_cdrom_bus": BUSES,
        "hw_disk_bus": BUSES,
        "hw_floppy_bus": BUSES,
        "hw_rescue_bus": BUSES,
        "hw_rescue_device": "cdrom disk floppy fs lun",
        "hw_cpu_policy": "dedicated shared mixed",
        "hw_cpu_thread_policy": "prefer isolate require",
        "hw_firmware_type": "uefi bios",
        "hw_input_bus": "usb virtio",
        "hw_mem_encryption_model": "amd-sev amd-sev-es amd-sev-snp intel-tdx",
        "hw_pci_numa_affinity_policy": "required legacy preferred socket",
        "hw_pointer_model": "usbtablet",
        "hw_rng_model": "virtio",
        "hw_sound_model": "sb16 es1370 pcspk ac97 ich6 ich9 usb virtio",
        "hw_tpm_model": "tpm-tis tpm-crb",
        "hw_tpm_version": "1.2 2.0",
        "hw_usb_model": "none nec-xhci qemu-xhci",
        "hw_video_model": "cirrus qxl vga vmvga xen virtio gop none bochs",
        "hw_viommu_model": "intel smmuv3 virtio auto",
        "hw_watchdog_action": "none pause poweroff reset disabled",
        "hw_ephemeral_encryption_format": "plain luks luksv2",
        "hw_maxphysaddr_mode": "passthrough emulate",
        "img_config_drive": "optional mandatory",
        "img_signature_hash_method": "SHA-224 SHA-256 SHA-384 SHA-512",
        "img_signature_key_type": "DSA ECC_SECP384R1 ECC_SECP521R1 ECC_SECT409K1 ECC_SECT409R1 ECC_SECT571K1 "
        "ECC_SECT571R1 RSA-PSS",
        "os_secure_boot": "required disabled optional",
    }.items()
}
IN_ANY_CASE: dict[str, frozenset[str]] = {
    name: frozenset(values.split())
    for name, values in {
        "hw_scsi_model": "buslogic ibmvscsi lsilogic lsisas1068 lsisas1078 virtio-scsi vmpvscsi lsilogicsas "
        "paravirtual",
        "hw_vif_model": "virtio ne2k_pci pcnet rtl8139 e1000 e1000e netfront spapr-vlan lan9118 igb sriov "
        "vmxnet vmxnet3 virtuale1000 virtuale1000e virtualpcnet32 virtualsriovethernetcard virtualvmxnet "
        "virtualvmxnet3",
        "os_type": "linux windows",
    }.items()
}
INTEGERS = frozenset(
    [
        "hw_cpu_cores",
        "hw_cpu_sockets",
        "hw_cpu_threads",
        "hw_cpu_max_cores",
        "hw_cpu_max_sockets",
        "hw_cpu_max_threads",
        "hw_device_id",
        "hw_maxphysaddr_bits",
        "hw_numa_nodes",
        "hw_redirected_usb_ports",
        "hw_serial_port_count",
        "hw_video_ram",
        "img_compression_level",
        "img_version",
    ]
)
OLD_NAMES = {
    "architecture": "hw_architecture",
    "hypervisor_type": "img_hv_type",
    "vm_mode": "hw_vm_mode",
    "vmware_image_version": "img_version",
    "xenapi_device_id": "hw_device_id",
    "xenapi_image_compression_level": "img_compression_level",
}


def check(properties: Mapping[str, Any]) -> None:
    """Raise BadRequest where a property cannot mean anything."""
    for name, value in properties.items():
        if value is None:
            continue
        refusal = _refusal(OLD_NAMES.get(name, name), str(value))
        if refusal is not None:
            raise BadRequest(f"Invalid image metadata. Error: {refusal}")


def _refusal(name: str, value: str) -> str | None:
    """Why the property cannot have the value, in Nova's words; None: it can."""
    if name in SETS and value not in SETS[name]:
        return f"Field value {value} is invalid"
    if name in IN_ANY_CASE and value.lower() not in IN_ANY_CASE[name]:
        return f"Field value {value.lower()} is invalid"
    if name in INTEGERS and re.fullmatch(r"\s*[+-]?[0-9]+\s*", value) is None:
        return f"invalid literal for int() with base 10: '{value}'"
    special = SPECIAL.get(name)
    return special(value) if special is not None else None


def _architecture(value: str) -> str | None:
    name = value.lower()
    if ARCHITECTURE_NAMES.get(name, name) in ARCHITECTURES:
        return None
    return f"Architecture name '{value}' is not valid"


def _hypervisor(value: str) -> str | None:
    return None if value.lower() in HYPERVISORS else f"Hypervisor virt type '{value}' is not valid"


def _mode(value: str) -> str | None:
    return None if value.lower() in MODES else f"Virtual machine mode '{value}' is not valid"


SPECIAL: dict[str, Callable[[str], str | None]] = {
    "hw_architecture": _architecture,
    "hw_emulation_architecture": _architecture,
    "img_hv_type": _hypervisor,
    "hw_vm_mode": _mode,
}
