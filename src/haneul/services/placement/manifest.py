"""What placement says of itself."""

from haneul.kernel.manifest import Manifest, Microversions

MANIFEST = Manifest(
    name="placement",
    type="placement",
    catalog_name="placement",
    title="Placement",
    path="/placement",
    endpoint="/placement",
    profile="minimum",
    microversions=Microversions("1.0", "1.39", "placement"),
)
