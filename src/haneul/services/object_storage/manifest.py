"""What object storage says of itself."""

from haneul.kernel.ids import new_transaction_id
from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="object_storage",
    type="object-store",
    catalog_name="swift",
    title="Object storage",
    path="/object-store",
    endpoint="/object-store/v1/AUTH_%(project_id)s",
    profile="core",
    drivers={"data": {"file": "drivers.file:FileData"}},
    request_id_header="X-Trans-Id",
    request_id=new_transaction_id,
)
