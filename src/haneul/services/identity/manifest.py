"""What identity says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="identity",
    type="identity",
    catalog_name="keystone",
    title="Identity",
    path="/identity",
    endpoint="/identity",
    vary="X-Auth-Token",
)
