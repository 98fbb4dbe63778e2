"""SOAP envelopes with a SAML message in them, as programs carry them (the profile Enhanced Client or Proxy).

A signature covers its element to the letter, prefixes included. So a message goes into its envelope as the text
that it is, and comes out of it as a document of its own: what is checked later holds nothing but the message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from xml.dom import Node
from xml.dom.minidom import Document, Element
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

CONTENT_TYPE = "application/vnd.paos+xml"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
PAOS = "urn:liberty:paos:2003-08"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_FOR_CLIENT = 'S:mustUnderstand="1" S:actor="http://schemas.xmlsoap.org/soap/actor/next"'


def with_response(response: str, relay_state: str) -> str:
    """A response for the program to hand on."""
    state = f'<ecp:RelayState xmlns:ecp="{ECP}" {_FOR_CLIENT}>{escape(relay_state)}</ecp:RelayState>'
    return _enveloped(state, response)


def with_request(request: str, *, issuer: str, consumer: str) -> str:
    """A request for the program to have answered; it brings the response to `consumer`."""
    address = (
        f'<paos:Request xmlns:paos="{PAOS}" {_FOR_CLIENT} service="{ECP}" '
        f"responseConsumerURL={quoteattr(consumer)}/>"
    )
    sender = f'<saml:Issuer xmlns:saml="{_ASSERTION}">{escape(issuer)}</saml:Issuer>'
    element = f'<ecp:Request xmlns:ecp="{ECP}" {_FOR_CLIENT}>{sender}</ecp:Request>'
    return _enveloped(address + element, request)


def _enveloped(header: str, message: str) -> str:
    body = message.partition("?>")[2] if message.startswith("<?xml") else message
    return (
        f'<S:Envelope xmlns:S="{SOAP}"><S:Header>{header}</S:Header>'
        f"<S:Body>{body.strip()}</S:Body></S:Envelope>"
    )


def with_answer(message: str) -> str:
    """What a provider that calls us itself is answered."""
    return _enveloped("", message)


def message_in(envelope: bytes, kind: str) -> str | None:
    """The message in an envelope, as a document of its own; None if there is not just one of that kind."""
    parse: Callable[[bytes], Document] = cast(Any, parseString)  # its stubs know of texts only
    try:
        document = parse(envelope)
    except (ExpatError, DefusedXmlException, ValueError):
        return None
    root = document.documentElement
    if root is None or not _is(root, SOAP, "Envelope"):
        return None
    bodies = [each for each in _elements(root) if _is(each, SOAP, "Body")]
    if len(bodies) != 1:
        return None
    message = _elements(bodies[0])
    if len(message) != 1 or not _is(message[0], SAMLP, kind):
        return None
    _declare(message[0], bodies[0], root)
    return message[0].toxml()


def _declare(element: Element, *outer: Element) -> None:
    """The prefixes that are declared around the element are declared at it, unless it does so itself."""
    for each in outer:
        for name, value in each.attributes.items():
            if (name == "xmlns" or name.startswith("xmlns:")) and not element.hasAttribute(name):
                element.setAttributeNS(_XMLNS, name, value)


def _elements(parent: Element) -> list[Element]:
    return [each for each in parent.childNodes if each.nodeType == Node.ELEMENT_NODE]


def _is(element: Element, namespace: str, name: str) -> bool:
    return (element.namespaceURI, element.localName) == (namespace, name)
