"""What the network service says of itself."""

from haneul.kernel.manifest import HostInterface, Manifest

MANIFEST = Manifest(
    name="network",
    type="network",
    catalog_name="neutron",
    title="Network",
    path="/networking",
    endpoint="/networking",
    profile="minimum",
    depends_on=("placement",),
    host_interfaces=(HostInterface("network", real="linux"),),
    drivers={"network": {"fake": "drivers.fake:FakeNetwork", "linux": "drivers.linux:LinuxNetwork"}},
)
