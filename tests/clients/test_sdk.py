"""openstacksdk as programs use it: its own calls for identity and image, beside those of the command."""

from __future__ import annotations

import hashlib

import pytest
from openstack.exceptions import ConflictException, NotFoundException
from openstack.image.v2.image import Image

from tests.clients.serving import Served

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own
DATA = bytes(range(256)) * 256


def names(found: object) -> set[str]:
    return {each.name for each in found}  # type: ignore[attr-defined]


def test_projects_users_groups_and_roles(served: Served) -> None:
    identity = served.sdk("haneul").identity
    domain = identity.create_domain(name="acme")
    project = identity.create_project(name="team", domain_id=domain.id)
    user = identity.create_user(name="ann", domain_id=domain.id, password="secret")
    group = identity.create_group(name="crew", domain_id=domain.id)
    role = identity.find_role("member")
    identity.add_user_to_group(user, group)
    assert identity.check_user_in_group(user, group) is True
    assert names(identity.group_users(group)) == {"ann"}
    identity.assign_project_role_to_user(project, user, role)
    identity.assign_project_role_to_group(project, group, role)
    identity.assign_domain_role_to_user(domain, user, role)
    identity.assign_domain_role_to_group(domain, group, role)
    identity.assign_system_role_to_user(user, role, "all")
    identity.assign_system_role_to_group(group, role, "all")
    assert identity.validate_user_has_project_role(project, user, role)
    assert identity.validate_group_has_project_role(project, group, role)
    assert identity.validate_user_has_domain_role(domain, user, role)
    assert identity.validate_group_has_domain_role(domain, group, role)
    assert len(list(identity.role_assignments(user_id=user.id))) == 3
    assert len(list(identity.role_assignments(group_id=group.id))) == 3
    assert {p.id for p in identity.user_projects(user)} == {project.id}
    identity.unassign_project_role_from_user(project, user, role)
    identity.unassign_project_role_from_group(project, group, role)
    identity.unassign_domain_role_from_user(domain, user, role)
    identity.unassign_domain_role_from_group(domain, group, role)
    identity.unassign_system_role_from_user(user, role, "all")
    identity.unassign_system_role_from_group(group, role, "all")
    assert list(identity.role_assignments(user_id=user.id)) == []
    identity.remove_user_from_group(user, group)
    assert names(identity.group_users(group)) == set()
    assert identity.update_user(user, email="a@b").email == "a@b"
    with pytest.raises(ConflictException, match="team"):
        identity.create_project(name="team", domain_id=domain.id)
    for each, delete in (
        (user, identity.delete_user),
        (group, identity.delete_group),
        (project, identity.delete_project),
        (identity.update_domain(domain, is_enabled=False), identity.delete_domain),
    ):
        delete(each)
    with pytest.raises(NotFoundException):
        identity.get_domain(domain.id)


def test_domain_configurations(served: Served) -> None:
    identity = served.sdk("haneul").identity
    domain = identity.create_domain(name="directory")
    identity.create_domain_config(domain, ldap={"url": "ldap://localhost", "user_tree_dn": "ou=people"})
    assert identity.get_domain_config(domain).ldap.url == "ldap://localhost"
    identity.update_domain_config(domain, ldap={"url": "ldap://elsewhere"})
    found = identity.get_domain_config(domain).ldap
    assert (found.url, found.user_tree_dn) == ("ldap://elsewhere", "ou=people")
    identity.delete_domain_config(domain)
    with pytest.raises(NotFoundException):
        identity.get_domain_config(domain)
    identity.delete_domain(identity.update_domain(domain, is_enabled=False))


def test_credentials_of_programs(served: Served) -> None:
    demo = served.sdk("haneul-demo")
    user = demo.current_user_id
    made = demo.identity.create_application_credential(user, name="robot")
    assert [each.id for each in demo.identity.application_credentials(user)] == [made.id]
    assert demo.identity.find_application_credential(user, "robot").id == made.id
    demo.identity.delete_application_credential(user, made)
    assert list(demo.identity.application_credentials(user)) == []
    assert list(demo.identity.access_rules(user)) == []


def test_an_image_with_its_data(served: Served) -> None:
    image = served.sdk("haneul-demo").image
    made = image.create_image("mine", data=DATA, disk_format="raw", container_format="bare", tags=["t"])
    found = image.get_image(made.id)
    assert (found.status, found.size, found.tags) == ("active", len(DATA), ["t"])
    assert found.hash_value == hashlib.sha512(DATA).hexdigest()
    assert image.download_image(made).content == DATA
    image.add_tag(made, "other")
    image.remove_tag(made, "t")
    assert image.get_image(made.id).tags == ["other"]
    assert image.update_image(made.id, os_distro="debian").os_distro == "debian"
    member = image.add_member(made, member_id=served.sdk("haneul-alt").current_project_id)
    alt = served.sdk("haneul-alt").image
    assert alt.update_member(member.member_id, made.id, status="accepted").status == "accepted"
    assert [each.status for each in image.members(made)] == ["accepted"]
    image.remove_member(member.member_id, made.id)
    assert list(image.members(made)) == []
    image.delete_image(made)
    with pytest.raises(NotFoundException):
        image.get_image(made.id)


def test_an_image_in_two_steps(served: Served) -> None:
    image = served.sdk("haneul-demo").image
    made: Image = image.create_image(
        "staged", disk_format="raw", container_format="bare", allow_duplicates=True
    )
    image.stage_image(made, data=DATA)
    image.import_image(made, method="glance-direct")
    done = image.wait_for_status(image.get_image(made.id), "active", interval=0.1, wait=30)
    assert image.download_image(done).content == DATA
    assert [task["status"] for task in image.image_tasks(made)] == ["success"]
    image.delete_image(made)
    assert list(image.images()) == []


def test_what_the_image_service_says_of_itself(served: Served) -> None:
    image = served.sdk("haneul").image
    assert "glance-direct" in str(image.get_import_info().import_methods)
    assert {each.id for each in image.stores()} == {"file"}
    for schema in (
        image.get_images_schema(),
        image.get_image_schema(),
        image.get_members_schema(),
        image.get_member_schema(),
        image.get_tasks_schema(),
        image.get_task_schema(),
        image.get_metadef_namespace_schema(),
        image.get_metadef_namespaces_schema(),
        image.get_metadef_object_schema(),
        image.get_metadef_property_schema(),
        image.get_metadef_resource_type_schema(),
    ):
        assert schema.properties


def test_metadata_definitions_are_emptied(served: Served) -> None:
    image = served.sdk("haneul").image
    image.create_metadef_namespace(namespace="Paint")
    image.create_metadef_object("Paint", name="Wall")
    image.create_metadef_property("Paint", name="colour", title="Colour", type="string")
    image.delete_all_metadef_objects("Paint")
    image.delete_all_metadef_properties("Paint")
    assert list(image.metadef_objects("Paint")) == []
    assert list(image.metadef_properties("Paint")) == []
    image.delete_metadef_namespace("Paint")


def test_what_the_command_does_not_ask_of_identity(served: Served) -> None:
    cloud = served.sdk("haneul")
    identity = cloud.identity
    user, project, role = (
        identity.find_user("demo"),
        identity.find_project("demo"),
        identity.find_role("member"),
    )
    assert identity.get_user(user.id).name == "demo"
    assert identity.get_project(project.id).name == "demo"
    assert identity.get_role(role.id).name == "member"
    service = next(identity.services(type="image"))
    assert identity.get_service(service.id).type == "image"
    endpoint = next(identity.endpoints(service_id=service.id))
    assert identity.get_endpoint(endpoint.id).url == endpoint.url
    assert identity.find_region("RegionOne").id == "RegionOne"
    group = identity.create_group(name="crew")
    assert identity.get_group(group.id).name == "crew"
    assert not identity.validate_user_has_system_role(user, role, "all")
    assert not identity.validate_group_has_system_role(group, role, "all")
    found = identity.role_assignments_filter(project=project, user=user)
    assert {each.name for each in found} == {"member"}
    credential = identity.create_credential(type="cert", blob="x", user_id=user.id)
    assert identity.find_credential(credential.id).blob == "x"
    endpoints = identity.create_endpoint_group(name="images", filters={"service_id": service.id})
    assert identity.get_endpoint_group(endpoints.id).name == "images"
    assert {each.id for each in identity.endpoint_group_endpoints(endpoints)} >= {endpoint.id}
    provider = identity.create_identity_provider(id="acme", remote_ids=["a"])
    assert identity.find_identity_provider("acme").id == provider.id
    rules = [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "X"}]}]
    identity.create_mapping(id="rules", rules=rules)
    assert identity.find_mapping("rules").rules == rules
    identity.create_federation_protocol(provider, id="openid", mapping_id="rules")
    assert identity.find_federation_protocol(provider, "openid").mapping_id == "rules"
    assert identity.find_policy("none", ignore_missing=True) is None


def test_what_the_command_does_not_ask_of_image(served: Served) -> None:
    image = served.sdk("haneul").image
    made = image.create_image("kept", disk_format="raw", container_format="bare", allow_duplicates=True)
    image.upload_image(container_format="bare", disk_format="raw", name="sent", data=DATA)
    assert image.download_image(image.find_image("sent")).content == DATA
    image.clean_cache()
    image.prune_cache()
    for schema in (
        image.get_metadef_resource_types_schema(),
        image.get_metadef_objects_schema(),
        image.get_metadef_properties_schema(),
        image.get_metadef_tag_schema(),
        image.get_metadef_tags_schema(),
    ):
        assert schema.properties
    member = image.add_member(made, member_id=served.sdk("haneul-alt").current_project_id)
    assert image.find_member(member.member_id, made).member_id == member.member_id
    image.delete_image(made)
    image.delete_image(image.find_image("sent"))
