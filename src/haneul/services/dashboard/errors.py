"""What can go wrong with sessions."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, NotFound


class NoSession(NotFound):
    """Also of a link that was used, or whose time is over."""

    code = "dashboard.no_session"
    message = "This session has ended, or was never begun."


class BoundToken(BadRequest):
    """A login link stands for the token that it was asked for with, and a browser has no such certificate."""

    code = "dashboard.bound_token"
    message = "A login link cannot be made with a token that is bound to a certificate."
