"""Calls to the agents of hosts: who calls, over what, and what a host does with a call that comes twice.

`Agents` is the caller's end: attributes are driver interfaces. `AgentServer` is the host's end. A `Channel`
carries bytes between them: `in_process.py`, `local_socket.py`. Nothing here imports the database, because
the agent must stay small.
"""

from haneul.kernel.hosts.agents import Agents, HostProxy
from haneul.kernel.hosts.channel import NO_OPERATION, CallOrigin, Channel, Upcall
from haneul.kernel.hosts.journal import Journal
from haneul.kernel.hosts.server import AgentServer

__all__ = [
    "NO_OPERATION",
    "AgentServer",
    "Agents",
    "CallOrigin",
    "Channel",
    "HostProxy",
    "Journal",
    "Upcall",
]
