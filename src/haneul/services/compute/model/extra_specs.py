"""Extra specs of flavors: which names mean something, and the values they may have."""

from __future__ import annotations

import re

BOOLEAN = r"(?i:true|false|yes|no|on|off|1|0|t|f|y|n)"
NUMBER = r"[0-9]+"
KNOWN = {
    r"hw:cpu_policy": r"dedicated|shared|mixed",
    r"hw:cpu_thread_policy": r"prefer|isolate|require",
    r"hw:emulator_threads_policy": r"isolate|share",
    r"hw:(cpu_sockets|cpu_cores|cpu_threads|cpu_max_sockets|cpu_max_cores|cpu_max_threads)": NUMBER,
    r"hw:numa_nodes": NUMBER,
    r"hw:numa_(cpus|mem)\.\d+": r"[0-9,\-^]+",
    r"hw:mem_page_size": r"small|large|any|[0-9]+([kKMGT]i?[bB]?)?",
    r"hw:(mem_encryption|boot_menu|watchdog_enabled|locked_memory)": BOOLEAN,
    r"hw:watchdog_action": r"none|pause|poweroff|reset|disabled",
    r"hw:serial_port_count": NUMBER,
    r"hw:(cpu_realtime|hide_hypervisor_id|pmu|viommu)": r".+",
    r"hw:cpu_(realtime_mask|dedicated_mask)": r"[0-9,\-^]+|all",
    r"hw:maxphysaddr_mode": r"passthrough|emulate",
    r"hw:maxphysaddr_bits": NUMBER,
    r"hw:tpm_version": r"1\.2|2\.0",
    r"hw:tpm_model": r"tpm-tis|tpm-crb",
    r"hw:(pci_numa_affinity_policy|pmem|virtio_packed_ring|vif_multiqueue_enabled|input_bus|tpm_secret_security"
    r"|sound_model|usb_model|redirected_usb_ports)": r".*",
    r"hw_rng:allowed": BOOLEAN,
    r"hw_rng:(rate_bytes|rate_period)": NUMBER,
    r"hw_video:ram_max_mb": NUMBER,
    r"os:secure_boot": r"required|disabled|optional",
    r"quota:(cpu|memory|disk|vif|disk_io|proc)_\w+": r".+",
    r"trait[\w]*:[A-Z0-9_]+": r"required|forbidden",
    r"resources[\w]*:[A-Z0-9_]+": NUMBER,
    r"group_policy": r"none|isolate",
}
NAMESPACES = {"hw", "hw_rng", "hw_video", "os", "quota"}
"""Within these only known names are taken; elsewhere anything goes."""


def fault(key: str, value: str) -> str | None:
    """What is wrong with the spec, or None."""
    for pattern, allowed in KNOWN.items():
        if re.fullmatch(pattern, key):
            if re.fullmatch(allowed, value):
                return None
            return f"invalid value for extra spec '{key}': '{value}'"
    if key.partition(":")[0] in NAMESPACES and ":" in key:
        return f"extra spec '{key}' does not exist in the '{key.partition(':')[0]}' namespace"
    return None
