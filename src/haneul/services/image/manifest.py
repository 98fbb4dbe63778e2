"""What the image service says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="image",
    type="image",
    catalog_name="glance",
    title="Image",
    path="/image",
    endpoint="/image",
    depends_on=("identity",),
    takes_trailing_slashes=False,
)
