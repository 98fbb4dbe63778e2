"""The stock client does things to a server."""

from __future__ import annotations

import pytest

from tests.clients.simulated.servers import IMAGE, becomes, boot
from tests.clients.stock import Client

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the client's own
]


def test_power_and_what_is_told_of_it(demo: Client) -> None:
    boot(demo, "box")
    for command, status in (
        ("stop", "SHUTOFF"),
        ("start", "ACTIVE"),
        ("pause", "PAUSED"),
        ("unpause", "ACTIVE"),
        ("reboot", "ACTIVE"),
        ("reboot --hard", "ACTIVE"),
    ):
        demo.run(f"server {command} box")
        assert demo.settled("server", "box")["status"] == status, command
    assert "start 4:" in demo.run("console log show box")
    events = demo.json("server event list --long box")
    names = ["reboot", "reboot", "unpause", "pause", "start", "stop", "create"]
    assert [(e["Action"], e["Message"]) for e in events] == [(name, None) for name in names]
    shown = demo.json("server event show box", events[-1]["Request ID"])
    assert {e["result"] for e in shown["events"]} == {"Success"}
    # a simulated machine has no screen: the address leads to a page that says so
    assert "/compute/simulated.html" in demo.json("console url show box")["url"]
    demo.run("server lock box")
    assert "locked" in demo.refused("server delete box")
    demo.run("server unlock box")
    demo.run("server delete box")
    demo.gone("server", "box")


def test_a_server_is_put_aside_and_taken_up_again(demo: Client) -> None:
    boot(demo, "box")
    for command, status in (
        ("suspend", "SUSPENDED"),
        ("resume", "ACTIVE"),
        (f"rescue --image {IMAGE} --password secret", "RESCUE"),
        ("unrescue", "ACTIVE"),
        ("shelve", "SHELVED_OFFLOADED"),
        ("unshelve", "ACTIVE"),
        ("shelve --wait", "SHELVED_OFFLOADED"),
        ("unshelve --availability-zone nova --wait", "ACTIVE"),
    ):
        demo.run(f"server {command} box")
        assert demo.settled("server", "box")["status"] == status, command
    events = [e["Action"] for e in demo.json("server event list --long box")]
    assert events[::-1] == ["create", "suspend", "resume", "rescue", "unrescue", *2 * ["shelve", "unshelve"]]
    demo.run("server shelve --offload box")
    assert demo.settled("server", "box")["status"] == "SHELVED_OFFLOADED"
    demo.run("server delete box")
    demo.gone("server", "box")


def test_a_server_is_rebuilt_and_resized(demo: Client, admin: Client) -> None:
    for name, size in (("wider", ("--vcpus", "2", "--ram", "256", "--disk", "2")), ("flat", ("--disk", "0"))):
        admin.run("flavor create", name, *size)
    before = boot(demo, "box")
    demo.run("server rebuild --name box --property a=b --image", IMAGE, "box")
    after = demo.settled("server", "box")
    assert (after["status"], after["properties"]) == ("ACTIVE", {"a": "b"})
    assert (after["id"], after["addresses"]) == (before["id"], before["addresses"])
    demo.run("server resize --flavor wider box")
    becomes(demo, "box", "VERIFY_RESIZE")
    demo.run("server resize revert box")
    becomes(demo, "box", "ACTIVE")
    assert demo.json("server show box")["flavor"]["original_name"] == "tiny"
    demo.run("server resize --flavor wider box")
    becomes(demo, "box", "VERIFY_RESIZE")
    demo.run("server resize confirm box")
    becomes(demo, "box", "ACTIVE")
    assert demo.json("server show box")["flavor"]["original_name"] == "wider"
    assert "zero disk" in demo.refused("server resize --flavor flat box")
    assert "must change flavor" in demo.refused("server resize --flavor wider box")
    events = [e["Action"] for e in demo.json("server event list --long box")]
    assert events == ["confirmResize", "resize", "revertResize", "resize", "rebuild", "create"]
    demo.run("server delete box")
    demo.gone("server", "box")
    admin.run("flavor delete wider flat")
