"""What the network service says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="network",
    type="network",
    catalog_name="neutron",
    title="Network",
    path="/networking",
    endpoint="/networking",
    depends_on=("placement",),
)
