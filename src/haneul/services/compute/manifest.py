"""What compute says of itself."""

from haneul.kernel.manifest import HostInterface, Manifest, Microversions

MANIFEST = Manifest(
    name="compute",
    type="compute",
    catalog_name="nova",
    title="Compute",
    path="/compute",
    endpoint="/compute/v2.1",
    profile="minimum",
    takes_trailing_slashes=False,
    depends_on=("block_storage", "image", "network", "placement"),
    host_interfaces=(HostInterface("hypervisor", real="qemu"),),
    drivers={"hypervisor": {"fake": "drivers.fake:FakeHypervisor", "qemu": "drivers.qemu:QemuHypervisor"}},
    request_id_header="x-compute-request-id",
    microversions=Microversions(
        "2.1", "2.104", "compute", "X-OpenStack-Nova-API-Version", frozen_path=("/v2.1", "/v2")
    ),
)
