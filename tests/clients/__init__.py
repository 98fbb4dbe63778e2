"""The official clients against a running cloud, each command as a newcomer would type it.

`serving.py` starts a cloud: in this process without hosts (`serving`), or by its command (`started`).
`stock.py` runs the `openstack` command inside this process, unmodified: a call takes about 50 ms.

| file | what is tried |
|---|---|
| `test_people.py` `test_credentials.py` `test_catalogue.py` `test_federation.py` | identity, every command and option |
| `test_images.py` `test_image_definitions.py` | image, every command and option |
| `test_all_commands.py` | that it is every command: compared with the client's own parsers |
| `test_documents.py` | what the documents tell to type |
| `test_sdk.py` | openstacksdk's own calls for identity and image |
| `simulated/` | a day with servers, networks and volumes, on one simulated cloud |
| `test_machines.py` | the same with real guests |
"""
