"""Create a server with openstacksdk and wait until it is ACTIVE: any OpenStack program works as it is.

OS_CLIENT_CONFIG_FILE=DIR/clouds.yaml OS_CLOUD=haneul-demo python examples/first_server.py
"""

import openstack

cloud = openstack.connect()
network = cloud.create_network("example")
cloud.create_subnet(network.id, cidr="10.20.0.0/24")
server = cloud.create_server(
    "example",
    image=cloud.search_images(filters={"status": "active"})[0].id,
    flavor="tiny",
    network=network.id,
    wait=True,
    auto_ip=False,
)
print(server.name, server.status, server.addresses["example"][0]["addr"])
cloud.delete_server(server.id, wait=True)
cloud.delete_network(network.id)
