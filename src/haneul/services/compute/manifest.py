"""What compute says of itself."""

from haneul.kernel.manifest import Manifest, Microversions

MANIFEST = Manifest(
    name="compute",
    type="compute",
    catalog_name="nova",
    title="Compute",
    path="/compute",
    endpoint="/compute/v2.1",
    takes_trailing_slashes=False,
    depends_on=("block_storage", "identity", "image", "network", "placement"),
    microversions=Microversions(
        "2.1", "2.104", "compute", "X-OpenStack-Nova-API-Version", frozen_path=("/v2.1", "/v2")
    ),
)
