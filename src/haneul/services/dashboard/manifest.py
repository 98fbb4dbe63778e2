"""What the dashboard says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="dashboard",
    type="dashboard",
    catalog_name="dashboard",
    title="Dashboard",
    path="/dashboard",
    endpoint="/dashboard",
    profile="minimum",
)
