"""What the network service says of itself."""

from haneul.kernel.manifest import Manifest
from haneul.services.network.drivers.interface import HostNetwork

MANIFEST = Manifest(
    name="network",
    type="network",
    catalog_name="neutron",
    title="Network",
    path="/networking",
    endpoint="/networking",
    depends_on=("placement",),
    interfaces={"network": (HostNetwork,)},
)
