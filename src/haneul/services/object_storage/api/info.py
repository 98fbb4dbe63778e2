"""/info: what this object storage can do, and its limits; for everybody."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.http import Content
from haneul.kernel.http.routes import Reply, Routes
from haneul.services.object_storage.config import ObjectStorageOptions
from haneul.services.object_storage.model import large_objects, metadata, names, temp_urls
from haneul.services.object_storage.operations import bulk, links
from haneul.services.object_storage.operations.containers import POLICY
from haneul.services.object_storage.operations.lists import MOST

routes = Routes()
VERSION = "2.37.0"
"""The release of Swift that this one speaks as."""


def abilities(options: ObjectStorageOptions) -> dict[str, dict[str, object]]:
    """What there is beside the core, by upstream's names of the parts."""
    return {
        "swift": {
            "version": VERSION,
            "strict_cors_mode": True,
            "policies": [{"name": POLICY, "aliases": POLICY, "default": True}],
            "allow_account_management": False,
            "account_autocreate": True,
            "max_file_size": options.object_bytes_max,
            "max_meta_name_length": metadata.LONGEST_NAME,
            "max_meta_value_length": metadata.LONGEST_VALUE,
            "max_meta_count": metadata.MOST_ITEMS,
            "max_meta_overall_size": metadata.MOST_BYTES,
            "max_header_size": metadata.LONGEST_HEADER,
            "max_object_name_length": names.LONGEST_OBJECT,
            "container_listing_limit": MOST,
            "account_listing_limit": MOST,
            "max_account_name_length": names.LONGEST_ACCOUNT,
            "max_container_name_length": names.LONGEST_CONTAINER,
            "extra_header_count": 0,
        },
        "bulk_delete": {
            "max_deletes_per_request": bulk.MOST_DELETES,
            "max_failed_deletes": bulk.MOST_FAILURES,
        },
        "bulk_upload": {
            "max_containers_per_extraction": bulk.MOST_CONTAINERS,
            "max_failed_extractions": bulk.MOST_FAILURES,
        },
        "dlo": {"max_segments": MOST},
        "slo": {
            "max_manifest_segments": large_objects.MOST_SEGMENTS,
            "max_manifest_size": large_objects.MANIFEST_BYTES,
            "min_segment_size": 1,
            "yield_frequency": 10,
            "allow_async_delete": False,
        },
        "tempurl": {
            "methods": list(temp_urls.METHODS),
            "allowed_digests": list(temp_urls.DIGESTS),
            "incoming_remove_headers": [],
            "incoming_allow_headers": [],
            "outgoing_remove_headers": [],
            "outgoing_allow_headers": [],
        },
        "versioned_writes": {"allowed_flags": ["x-versions-location", "x-history-location"]},
        "symlink": {"symloop_max": links.DEEPEST, "static_links": True},
        "crossdomain": {},
        "container_quotas": {},
        "account_quotas": {},
    }


@routes.get("/info", auth=False, answer=Content(("application/json",)))
async def show_info(ctx: Context) -> Reply:
    """What this object storage can do."""
    return Reply(abilities(ctx.options(ObjectStorageOptions)), content_type="application/json; charset=UTF-8")


CROSS_DOMAIN = (
    b'<?xml version="1.0"?>\n'
    b'<!DOCTYPE cross-domain-policy SYSTEM "http://www.adobe.com/xml/dtds/cross-domain-policy.dtd" >\n'
    b"<cross-domain-policy>\n</cross-domain-policy>"
)
"""No page of another domain may read anything."""


@routes.get("/crossdomain.xml", auth=False, answer=Content(("application/xml",)))
async def show_cross_domain_policy(ctx: Context) -> Reply:
    """Which pages' plug-ins may read from here."""
    return Reply(CROSS_DOMAIN, content_type="application/xml")


@routes.get("/healthcheck", auth=False, answer=Content(("text/plain",)))
async def show_health(ctx: Context) -> Reply:
    """It answers."""
    return Reply(b"OK", content_type="text/plain")
