"""What the image service says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="image",
    type="image",
    catalog_name="glance",
    title="Image",
    path="/image",
    endpoint="/image",
    profile="minimum",
    depends_on=("identity",),
    drivers={
        "store": {
            "fake": "drivers.fake:FakeStore",
            "file": "drivers.file:FileStore",
            "rbd": "drivers.rbd:RbdStore",
            "s3": "drivers.s3:S3Store",
        }
    },
    takes_trailing_slashes=False,
)
