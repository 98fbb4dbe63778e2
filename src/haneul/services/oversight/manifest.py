"""What oversight says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="oversight",
    type="haneul",
    catalog_name="haneul",
    title="Oversight",
    path="/haneul",
    endpoint="/haneul/v1",
    profile="minimum",
    depends_on=("compute", "network", "placement"),
)
