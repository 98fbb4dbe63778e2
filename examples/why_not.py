"""Ask for a server that fits nowhere, and be told why, with numbers.

OS_CLIENT_CONFIG_FILE=DIR/clouds.yaml OS_CLOUD=haneul python examples/why_not.py
"""

import contextlib

import openstack

cloud = openstack.connect()
flavor = cloud.create_flavor("example-giant", ram=1024, vcpus=1, disk=10**6)
image = cloud.search_images(filters={"status": "active"})[0]
server = cloud.compute.create_server(name="giant", image_id=image.id, flavor_id=flavor.id, networks="none")
with contextlib.suppress(openstack.exceptions.SDKException):
    cloud.compute.wait_for_server(server, interval=1, wait=60)
server = cloud.compute.get_server(server.id)
print(server.status, "-", server.fault["message"])
answer = cloud.session.get(f"/servers/{server.id}/explain", endpoint_filter={"service_type": "haneul"})
for refusal in answer.json()["decision"]["refusals"]:
    print("{host}: {check} required {required}, available {available}".format(**refusal))
cloud.delete_server(server.id, wait=True)
cloud.delete_flavor(flavor.id)
