"""A project with one of everything in it, whose names tell whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from haneul.services.block_storage import public as block_storage
from haneul.services.identity import public as identity
from tests.conftest import Cloud, Persona
from tests.services.compute import world
from tests.services.compute.world import V, World

NETWORK, COMPUTE, VOLUME, V3 = "/networking/v2.0", "/compute/v2.1", "/volume/v3", "/identity/v3"
PASSWORD = "a password"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMkXjDkDV7h2tDpdH1fVf0vL7V8uW2Uvf1yQ8JSe3nXk"
VERSIONS = f"{V}, volume 3.60"


@dataclass
class Tenant:
    """Somebody in a project of theirs; `things` are what the project has, by kind."""

    name: str
    who: Persona
    things: dict[str, str] = field(default_factory=dict)

    async def make(self, kind: str, path: str, body: Any, *, by: Persona | None = None) -> dict[str, Any]:
        answer = await (by or self.who).post(path, body, version=VERSIONS)
        assert answer.status_code < 300, f"{path}: {answer.text}"
        made: dict[str, Any] = answer.json()
        made = next(iter(made.values())) if len(made) == 1 else made
        self.things[kind] = str(made.get("id") or made.get("namespace") or made.get("name"))
        return made


async def people(cloud: Cloud) -> tuple[World, str]:
    """What every tenant uses: an image, a flavor, and an external network."""
    async with cloud.platform.context() as ctx:
        await identity.bootstrap(ctx, admin_password=PASSWORD)
        await block_storage.ensure_default_type(ctx)
    w = await world.make(cloud)
    wish = {"router:external": True, "provider:network_type": "flat", "provider:physical_network": "physnet1"}
    made = await cloud.admin.post(f"{NETWORK}/networks", {"network": wish})
    external = made.json()["network"]["id"]
    subnet = {"network_id": external, "cidr": "192.0.2.0/24", "ip_version": 4, "enable_dhcp": False}
    assert (await cloud.admin.post(f"{NETWORK}/subnets", {"subnet": subnet})).status_code == 201
    return w, external


async def furnish(w: World, external: str, name: str, number: int) -> Tenant:
    """A tenant who logged in, with one of everything; all texts in it hold the name."""
    cloud, admin = w.cloud, w.cloud.admin
    async with cloud.platform.context() as ctx:
        project = await identity.ensure_project(ctx, name)
        user = await identity.ensure_user(ctx, name, PASSWORD, default_project_id=project.id)
        friend = await identity.ensure_user(ctx, f"{name}-friend", PASSWORD, default_project_id=project.id)
        await identity.grant(ctx, "member", user_id=user.id, project_id=project.id)
    login = {"user": {"id": user.id, "password": PASSWORD}}
    auth = {
        "identity": {"methods": ["password"], "password": login},
        "scope": {"project": {"id": project.id}},
    }
    answer = await cloud.http.post(f"{V3}/auth/tokens", json={"auth": auth})
    assert answer.status_code == 201, answer.text
    who = cloud.persona(name, roles=("member", "reader"), project_id=project.id)
    who.token = answer.headers["X-Subject-Token"]
    t = Tenant(name, who, {"project": project.id, "user": user.id, "friend": friend.id})
    await _limits(admin, project.id)
    await _networks(t, external, number)
    await _servers_and_volumes(t, w)
    await _others(t, admin)
    await cloud.settled()
    return t


async def _limits(admin: Persona, project: str) -> None:
    for path, key, names in (
        (
            f"{COMPUTE}/os-quota-sets",
            "quota_set",
            ("instances", "cores", "ram", "server_groups", "key_pairs"),
        ),
        (f"{VOLUME}/os-quota-sets", "quota_set", ("volumes", "gigabytes", "snapshots")),
        (
            f"{NETWORK}/quotas",
            "quota",
            ("network", "subnet", "port", "router", "floatingip", "security_group"),
        ),
    ):
        answer = await admin.put(f"{path}/{project}", {key: dict.fromkeys(names, -1)})
        assert answer.status_code == 200, answer.text


async def _networks(t: Tenant, external: str, number: int) -> None:
    named = {"name": t.name}
    network = (await t.make("network", f"{NETWORK}/networks", {"network": named}))["id"]
    subnet = named | {"network_id": network, "cidr": f"10.{number}.0.0/16", "ip_version": 4}
    await t.make("subnet", f"{NETWORK}/subnets", {"subnet": subnet})
    router = named | {"external_gateway_info": {"network_id": external}}
    await t.make("router", f"{NETWORK}/routers", {"router": router})
    add = f"{NETWORK}/routers/{t.things['router']}/add_router_interface"
    joined = await t.who.put(add, {"subnet_id": t.things["subnet"]})
    assert joined.status_code == 200, joined.text
    t.things["leg"] = joined.json()["port_id"]
    await t.make("port", f"{NETWORK}/ports", {"port": named | {"network_id": network}})
    floating = {"floating_network_id": external, "port_id": t.things["port"], "description": t.name}
    await t.make("floatingip", f"{NETWORK}/floatingips", {"floatingip": floating})
    await t.make("security_group", f"{NETWORK}/security-groups", {"security_group": named})
    rule = {"security_group_id": t.things["security_group"], "direction": "ingress", "description": t.name}
    await t.make("security_group_rule", f"{NETWORK}/security-group-rules", {"security_group_rule": rule})
    pool = named | {"prefixes": [f"10.{number + 100}.0.0/16"]}
    await t.make("subnetpool", f"{NETWORK}/subnetpools", {"subnetpool": pool})
    scope = {"address_scope": named | {"ip_version": 4}}
    await t.make("address_scope", f"{NETWORK}/address-scopes", scope)


async def _servers_and_volumes(t: Tenant, w: World) -> None:
    named, project = {"name": t.name}, t.things["project"]
    volumes = f"{VOLUME}/{project}/volumes"
    await t.make("volume", volumes, {"volume": named | {"size": 1, "description": t.name}})
    await t.make("offered", volumes, {"volume": named | {"size": 1}})
    body = w.body(**named, networks=[{"uuid": t.things["network"]}], metadata={"of": t.name})
    await t.make("server", f"{COMPUTE}/servers", body)
    await w.cloud.settled()
    attach = f"{COMPUTE}/servers/{t.things['server']}/os-volume_attachments"
    answer = await t.who.post(attach, {"volumeAttachment": {"volumeId": t.things["volume"]}}, version=V)
    assert answer.status_code == 200, answer.text
    await w.cloud.settled()
    shown = (await t.who.get(f"{volumes}/{t.things['volume']}")).json()["volume"]
    t.things["attachment"] = shown["attachments"][0]["attachment_id"]
    snapshot = named | {"volume_id": t.things["volume"], "force": True}
    await t.make("snapshot", f"{VOLUME}/{project}/snapshots", {"snapshot": snapshot})
    kept = {"backup": named | {"volume_id": t.things["offered"]}}
    await t.make("backup", f"{VOLUME}/{project}/backups", kept)
    await w.cloud.settled()
    offer = {"transfer": named | {"volume_id": t.things["offered"]}}
    await t.make("transfer", f"{VOLUME}/{project}/volume-transfers", offer)
    await _groups(t, w.cloud)
    await t.make("keypair", f"{COMPUTE}/os-keypairs", {"keypair": named | {"type": "ssh", "public_key": KEY}})
    group = {"server_group": named | {"policy": "anti-affinity"}}
    await t.make("server_group", f"{COMPUTE}/os-server-groups", group)
    interfaces = await t.who.get(f"{COMPUTE}/servers/{t.things['server']}/os-interface", version=V)
    t.things["interface"] = interfaces.json()["interfaceAttachments"][0]["port_id"]


async def _group_type(cloud: Cloud) -> str:
    """The id of the one kind of groups, which is everybody's: nobody has one of their own."""
    kind = {"group_type": {"name": "of everybody"}}
    await cloud.admin.post(f"{VOLUME}/group_types", kind, version="volume 3.71")
    kinds = (await cloud.admin.get(f"{VOLUME}/group_types", version="volume 3.71")).json()["group_types"]
    return next(each["id"] for each in kinds if each["name"] == "of everybody")


async def _groups(t: Tenant, cloud: Cloud) -> None:
    """A group of volumes, with a snapshot of it."""
    named, base, newest = {"name": t.name}, f"{VOLUME}/{t.things['project']}", "volume 3.71"
    group = named | {"group_type": await _group_type(cloud), "volume_types": ["__DEFAULT__"]}
    answer = await t.who.post(f"{base}/groups", {"group": group}, version=newest)
    assert answer.status_code == 202, answer.text
    t.things["group"] = answer.json()["group"]["id"]
    volume = named | {"size": 1, "volume_type": "__DEFAULT__", "group_id": t.things["group"]}
    answer = await t.who.post(f"{base}/volumes", {"volume": volume}, version=newest)
    assert answer.status_code == 202, answer.text
    t.things["grouped"] = answer.json()["volume"]["id"]
    await cloud.settled()
    taken = {"group_snapshot": named | {"group_id": t.things["group"]}}
    answer = await t.who.post(f"{base}/group_snapshots", taken, version=newest)
    assert answer.status_code == 202, answer.text
    t.things["group_snapshot"] = answer.json()["group_snapshot"]["id"]
    await cloud.settled()


async def _others(t: Tenant, admin: Persona) -> None:
    named, project, user = {"name": t.name}, t.things["project"], t.things["user"]
    image = named | {"disk_format": "raw", "container_format": "bare", "visibility": "private"}
    await t.make("image", "/image/v2/images", image)
    space = {"namespace": t.name, "visibility": "private", "owner": project}
    await t.make("namespace", "/image/v2/metadefs/namespaces", space, by=admin)
    flavor = named | {"vcpus": 1, "ram": 64, "disk": 1, "os-flavor-access:is_public": False}
    await t.make("flavor", f"{COMPUTE}/flavors", {"flavor": flavor}, by=admin)
    access = f"{COMPUTE}/flavors/{t.things['flavor']}/action"
    assert (await admin.post(access, {"addTenantAccess": {"tenant": project}})).status_code == 200
    blob = {"credential": {"type": "cert", "blob": t.name, "project_id": project}}
    await t.make("credential", f"{V3}/credentials", blob)
    rules = [{"service": "compute", "method": "GET", "path": f"/{t.name}"}]
    application = {"application_credential": named | {"access_rules": rules}}
    made = await t.make("application_credential", f"{V3}/users/{user}/application_credentials", application)
    t.things["access_rule"] = made["access_rules"][0]["id"]
    trust = {
        "trustor_user_id": user,
        "trustee_user_id": t.things["friend"],
        "project_id": project,
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    await t.make("trust", f"{V3}/OS-TRUST/trusts", {"trust": trust})
