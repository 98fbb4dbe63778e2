"""What block storage says of itself."""

from haneul.kernel.manifest import HostInterface, Manifest, Microversions

MANIFEST = Manifest(
    name="block_storage",
    type="block-storage",
    catalog_name="cinder",
    title="Block Storage",
    path="/volume",
    endpoint="/volume/v3",
    profile="minimum",
    takes_trailing_slashes=False,
    depends_on=("image", "placement"),
    host_interfaces=(
        HostInterface("volumes", real="file"),
        HostInterface("backups", real="posix", protocols=("Backups",)),
    ),
    drivers={
        "volumes": {"fake": "drivers.fake:FakeVolumes", "file": "drivers.file:FileVolumes"},
        "backups": {"fake": "drivers.fake_backups:FakeBackups", "posix": "drivers.posix:PosixBackups"},
    },
    microversions=Microversions("3.0", "3.71", "volume"),
    aliases=("volumev3",),
)
