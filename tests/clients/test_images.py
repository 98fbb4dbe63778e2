"""The stock client's commands for images: data, sharing, import, stores, tasks and the cache."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.clients.serving import Served, serving
from tests.clients.stock import Client
from tests.waiting import looks

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own
STORES = {"file": {"type": "file"}, "second": {"type": "file", "description": "another"}}
WEB = {"private_networks": ("127.0.0.0/8",), "allowed_ports": ()}
DATA = bytes(range(256)) * 1024
RAW = ("--disk-format", "raw", "--container-format", "bare")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A cloud with two stores that may fetch from loopback."""
    config = {"image": {"stores": STORES, "web": WEB}}
    with serving(tmp_path_factory.mktemp("cloud"), config=config) as cloud:
        yield cloud


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    file = tmp_path / "disk"
    file.write_bytes(DATA)
    return file


@pytest.fixture
def web(disk: Path) -> Iterator[str]:
    """An address where the disk can be fetched."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(disk.parent))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/disk"
        server.shutdown()
        thread.join()


def active(who: Client, name: str) -> dict[str, Any]:
    """The image, as soon as it has its data and nothing is under way."""
    for _ in looks(0.05):
        found: dict[str, Any] = who.json("image show", name)
        if found["status"] == "active" and not found["properties"].get("os_glance_importing_to_stores"):
            return found
    raise AssertionError(found)


def holds(who: Client, name: str, folder: Path) -> bytes:
    """What a download of the image gives."""
    saved = folder / "saved"
    who.run("image save", name, "--file", str(saved))
    return saved.read_bytes()


def test_an_image_is_made_with_all_that_can_be_said_of_it(
    admin: Client, demo: Client, disk: Path, tmp_path: Path
) -> None:
    id = "0d8f0a4c-0000-4000-8000-000000000001"
    made = admin.json(
        "image create --container-format bare --disk-format raw --min-disk 1 --min-ram 64 --size 262144 "
        "--protected --public --property os_distro=debian --tag one --project demo --project-domain default "
        "--progress full --id",
        id,
        "--file",
        str(disk),
    )
    assert (made["id"], made["status"], made["size"]) == (id, "active", len(DATA))
    assert (made["min_disk"], made["min_ram"], made["protected"]) == (1, 64, True)
    assert (made["visibility"], made["tags"]) == ("public", ["one"])
    assert made["properties"]["os_distro"] == "debian"
    assert made["owner"] == admin.json("project show demo")["id"]
    assert "262.1K" in demo.run("image show --human-readable", id, "-f", "value", "-c", "size")
    saved = tmp_path / "saved"
    demo.run("image save --chunk-size 1000 --file", str(saved), "full")
    assert saved.read_bytes() == DATA
    assert demo.run("image save --store-preference second full --file", str(saved)) == ""
    assert saved.read_bytes() == DATA
    assert "protected" in demo.refused("image delete full")
    demo.run("image set --unprotected full")
    demo.run("image delete full")
    assert demo.json("image list") == []


@pytest.mark.parametrize("visibility", ["--private", "--community", "--shared"])
def test_everybody_chooses_who_sees_an_image(demo: Client, visibility: str) -> None:
    demo.run("image create --unprotected mine", visibility)
    assert demo.json("image show mine")["visibility"] == visibility[2:]
    demo.run("image delete mine")


def test_only_administrators_publish(demo: Client, admin: Client) -> None:
    demo.run("image create --private mine")
    demo.run("image create --community theirs")
    demo.run("image create --shared ours")
    assert "403" in demo.refused("image set --public mine")
    admin.run("image set --public", demo.json("image show mine")["id"])
    assert demo.names("image list --public") == {"mine"}
    admin.run("image set --private", demo.json("image show mine")["id"])
    assert demo.names("image list --private") == {"mine"}
    assert demo.names("image list --community") == {"theirs"}
    assert demo.names("image list --shared") == {"ours"}
    assert demo.names("image list --all") == {"mine", "theirs", "ours"}
    demo.run("image set --community ours")
    demo.run("image set --shared theirs")
    assert demo.names("image list --shared") == {"theirs"}
    demo.run("image delete mine theirs ours")


def test_an_image_is_changed(demo: Client, disk: Path) -> None:
    demo.run("image create old")
    demo.run(
        "image set --name new --min-disk 2 --min-ram 128 --container-format bare --disk-format qcow2 --protected "
        "--property a=b --property c=d --tag one --tag two --architecture x86_64 --instance-id i --kernel-id k "
        "--os-distro debian --os-version 12 --ramdisk-id r old"
    )
    shown = demo.json("image show new")
    assert (shown["min_disk"], shown["min_ram"], shown["protected"]) == (2, 128, True)
    assert (shown["container_format"], shown["disk_format"]) == ("bare", "qcow2")
    assert set(shown["tags"]) == {"one", "two"}
    said = {name: shown["properties"][name] for name in ("a", "c", "architecture", "os_distro", "os_version")}
    assert said == {"a": "b", "c": "d", "architecture": "x86_64", "os_distro": "debian", "os_version": "12"}
    assert (shown["properties"]["kernel_id"], shown["properties"]["ramdisk_id"]) == ("k", "r")
    assert shown["properties"]["instance_id"] == "i"
    demo.run("image unset --tag one --property a --property c new")
    shown = demo.json("image show new")
    assert shown["tags"] == ["two"]
    assert {"a", "c"} & set(shown["properties"]) == set()
    demo.run("image set --unprotected --hidden new")
    assert demo.names("image list") == set()
    assert demo.names("image list --hidden") == {"new"}
    demo.run("image set --unhidden new")
    assert demo.names("image list") == {"new"}
    demo.run("image delete new")


def test_images_are_given_to_projects_and_silenced(
    admin: Client, demo: Client, disk: Path, tmp_path: Path
) -> None:
    admin.run("image create gift", *RAW, "--file", str(disk))
    admin.run("image set --project demo --project-domain default gift")
    assert admin.json("image show gift")["owner"] == admin.json("project show demo")["id"]
    admin.run("image set --deactivate gift")
    assert demo.json("image show gift")["status"] == "deactivated"
    demo.refused("image save gift --file", str(tmp_path / "refused"))
    assert (tmp_path / "refused").read_bytes() != DATA
    assert demo.names("image list --status deactivated") == {"gift"}
    admin.run("image set --activate gift")
    assert holds(demo, "gift", tmp_path) == DATA
    demo.run("image delete gift")


def test_images_are_found(demo: Client, admin: Client, disk: Path) -> None:
    for name, more in (("one", ("--tag", "t")), ("two", ("--property", "a=b")), ("three", ())):
        demo.run("image create", name, *RAW, "--file", str(disk), *more)
    demo.run("image create empty")
    assert demo.names("image list --name one") == {"one"}
    assert demo.names("image list --tag t") == {"one"}
    assert demo.names("image list --property a=b") == {"two"}
    assert demo.names("image list --status queued") == {"empty"}
    found = admin.names("image list --project demo --project-domain default")
    assert found == {"one", "two", "three", "empty"}
    ordered = [row["Name"] for row in demo.json("image list --sort name:asc --status active")]
    assert ordered == ["one", "three", "two"]
    # the client sorts what it got
    assert demo.names("image list --limit 2 --max-items 2") == {"empty", "three"}
    assert demo.names("image list --limit 2 --marker", demo.json("image show three")["id"]) == {"two", "one"}
    [row] = demo.json("image list --long --name one")
    assert (row["Size"], row["Tags"], row["Visibility"]) == (len(DATA), ["t"], "shared")
    demo.run("image delete one two three empty")


def test_an_image_is_shared(admin: Client, demo: Client, served: Served, disk: Path, tmp_path: Path) -> None:
    alt = served.client("haneul-alt")
    id = demo.json("image create ours", *RAW, "--file", str(disk))["id"]
    project = alt.json("token issue")["project_id"]
    assert "No Image found" in alt.refused("image show", id)
    made = demo.json("image add project --project-domain default", id, project)
    assert (made["member_id"], made["status"]) == (project, "pending")
    assert alt.names("image list --shared --member-status pending") == {"ours"}
    assert alt.names("image list") == set()
    alt.run("image set --accept", id, "--project", project)
    assert alt.names("image list") == {"ours"}
    assert demo.json("image member get --project-domain default", id, project)["status"] == "accepted"
    assert holds(alt, id, tmp_path) == DATA
    alt.run("image set --reject", id, "--project", project)
    assert alt.names("image list --shared --member-status rejected") == {"ours"}
    alt.run("image set --pending", id, "--project", project)
    [row] = demo.json("image member list --project-domain default", id)
    assert (row["Member ID"], row["Status"]) == (project, "pending")
    assert "404" in demo.refused("image member get", id, "nobody")
    demo.run("image remove project --project-domain default", id, project)
    assert demo.json("image member list", id) == []
    assert "No Image found" in alt.refused("image show", id)
    demo.run("image delete", id)


def test_what_was_staged_is_imported(admin: Client, disk: Path, tmp_path: Path) -> None:
    admin.run("image create staged", *RAW)
    admin.run("image stage --progress --size 262144 staged --file", str(disk))
    assert admin.json("image show staged")["status"] == "uploading"
    admin.run("image import --method glance-direct --all-stores --disallow-failure --wait staged")
    image = active(admin, "staged")
    assert set(image["properties"]["stores"].split(",")) == {"file", "second"}
    assert holds(admin, "staged", tmp_path) == DATA
    admin.run("image delete --store second staged")
    assert admin.json("image show staged")["properties"]["stores"] == "file"
    admin.run("image import --method copy-image --store second --allow-failure staged")
    assert set(active(admin, "staged")["properties"]["stores"].split(",")) == {"file", "second"}
    tasks = admin.json("image task list --sort-key created_at --sort-dir desc --status success")
    assert len(tasks) == 2
    assert admin.json("image task list --type import") == []  # these are api_image_import
    assert len(admin.json("image task list --limit 1 --max-items 9 --status success")) == 2
    older = admin.json("image task list --status success --limit 1 --marker", tasks[0]["ID"])
    assert [t["ID"] for t in older] == [tasks[1]["ID"]]
    task = admin.json("image task show", tasks[1]["ID"])
    assert (task["status"], task["result"]) == ("success", {"image_id": image["id"]})
    admin.run("image delete staged")


def test_a_new_image_is_imported_at_once(demo: Client, disk: Path, tmp_path: Path) -> None:
    demo.run("image create --import mine", *RAW, "--file", str(disk))
    active(demo, "mine")
    assert holds(demo, "mine", tmp_path) == DATA
    demo.run("image delete mine")


def test_an_image_is_fetched_from_the_web(admin: Client, web: str, tmp_path: Path) -> None:
    admin.run("image create fetched", *RAW)
    admin.run("image import --method web-download fetched --uri", web)
    assert active(admin, "fetched")["size"] == len(DATA)
    assert holds(admin, "fetched", tmp_path) == DATA
    admin.run("image delete fetched")


def test_an_image_is_fetched_from_another_region(
    admin: Client, served: Served, disk: Path, tmp_path: Path
) -> None:
    admin.run("region create RegionTwo")
    address = f"{served.endpoint}/image"
    endpoint = admin.json("endpoint create --region RegionTwo image public", address)["id"]
    theirs = admin.json("image create theirs", *RAW, "--file", str(disk))["id"]
    admin.run("image create ours", *RAW)
    admin.run(
        "image import --method glance-download --remote-region RegionTwo --remote-service-interface public ours "
        "--remote-image",
        theirs,
    )
    active(admin, "ours")
    assert holds(admin, "ours", tmp_path) == DATA
    admin.run("image delete ours theirs")
    admin.run("endpoint delete", endpoint)
    admin.run("region delete RegionTwo")


def test_a_cloud_says_how_images_can_be_imported_and_where_they_are_kept(admin: Client, demo: Client) -> None:
    methods = demo.json("image import info")["import-methods"]
    assert set(methods) >= {"glance-direct", "web-download", "copy-image", "glance-download"}
    assert {row["ID"] for row in demo.json("image stores list")} == {"file", "second"}
    detailed = {row["ID"]: row["Description"] for row in admin.json("image stores list --detail")}
    assert detailed["second"] == "another"
    assert "403" in demo.refused("image stores list --detail")


def test_the_cache(admin: Client, demo: Client, disk: Path) -> None:
    id = admin.json("image create cached", *RAW, "--file", str(disk))["id"]
    admin.run("cached image queue cached")
    for _ in looks(0.05):
        [row] = [r for r in admin.json("cached image list") if r["ID"] == id]
        if row["State"] == "cached":
            break
    assert (row["State"], row["Size"]) == ("cached", len(DATA))
    admin.run("cached image delete cached")
    assert admin.json("cached image list") == []
    admin.run("cached image queue", id)
    admin.run("cached image clear --queue")
    admin.run("cached image clear --cache")
    admin.run("cached image clear")
    assert admin.json("cached image list") == []
    assert "403" in demo.refused("cached image list")
    admin.run("image delete cached")


def test_a_signature_that_the_client_garbles_makes_no_image(demo: Client, disk: Path, tmp_path: Path) -> None:
    """It sends its base64 as `b'...'`; signatures that are well-formed are tried in tests/services/image."""
    key = tmp_path / "key.pem"
    key.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    signing = ("--sign-cert-id", "signer", "--sign-key-path", str(key))
    said = demo.refused("image create signed", *RAW, "--file", str(disk), *signing)
    assert "signature data was not properly encoded using base64" in said
    assert demo.json("image list") == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("image show none", "none"),
        ("image set --name x none", "none"),
        ("image save none", "none"),
        ("image create --id none x", "none"),
        ("image create --disk-format raw --min-ram lots x", "lots"),
        ("image create --file nowhere x", "nowhere"),
        ("image add project none demo", "none"),
        ("image import none", "none"),
        ("image task show none", "none"),
        ("image list --sort size:up", "up"),
        ("image list --marker none", "none"),
        ("cached image queue none", "none"),
    ],
)
def test_what_is_wrong_is_named(admin: Client, command: str, said: str) -> None:
    before = admin.json("image list")
    assert said in admin.refused(command)
    assert admin.json("image list") == before
