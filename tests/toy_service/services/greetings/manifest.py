"""What the toy says of itself."""

from haneul.kernel.manifest import HostInterface, Manifest

MANIFEST = Manifest(
    name="greetings",
    type="greeting",
    catalog_name="greetings",
    title="Greetings",
    path="/greetings",
    endpoint="/greetings/v1",
    depends_on=("placement",),
    host_interfaces=(HostInterface("greeting_host", real="fake"),),
    drivers={"greeting_host": {"fake": "drivers.fake:FakeGreetingHost"}},
)
