"""The options of the image service."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.config import Section


class StoreOptions(msgspec.Struct, frozen=True):
    """One place where images are kept: a table `image.stores.NAME` of the configuration."""

    type: str = "file"
    """The driver: file, rbd, s3, or fake."""
    description: str = ""
    weight: int = 0
    """Data is read from the store with the greatest weight that has it and answers."""
    folder: str = ""
    """Of a file store; by default one of its name in the state folder."""
    read_only: bool = False
    options: dict[str, Any] = {}
    """What else the driver wants to know."""


class WebOptions(msgspec.Struct, frozen=True):
    """From where `web-download` may fetch. Where something is allowed by name, all else is refused."""

    allowed_schemes: tuple[str, ...] = ("http", "https")
    refused_schemes: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    refused_hosts: tuple[str, ...] = ()
    allowed_ports: tuple[int, ...] = (80, 443)
    refused_ports: tuple[int, ...] = ()
    private_networks: tuple[str, ...] = ()
    """Networks that are not public, from which may be fetched all the same, such as `10.1.0.0/16`."""
    redirects_max: int = 5
    idle_timeout_s: float = 60.0
    """A server from which nothing comes for so long is given up..."""
    deadline_s: float = 6 * 3600.0
    """...and one that is not done after so long."""
    downloads_max: int = 32
    """From outside at a time..."""
    project_downloads_max: int = 4
    """...and of them for one project; others of it wait."""


class PluginOptions(msgspec.Struct, frozen=True):
    """What imported data goes through before it is stored."""

    decompress: bool = False
    """gzip, xz, bzip2 and zip files are unpacked."""
    unpacked_ratio_max: int = 100
    """Data that grows to more than so many times its size is refused."""
    convert_to: str = ""
    """The disk format that images are converted to: raw, qcow2 or vmdk; empty: none."""
    inject: dict[str, str] = {}
    """Properties that every imported image gets."""
    inject_not_for_roles: tuple[str, ...] = ("admin",)


class RemoteOptions(msgspec.Struct, frozen=True):
    """Another cloud that `glance-download` may fetch from, known by its region's name."""

    url: str
    """Of its image service, such as `https://cloud.example.org:5000/image`."""
    auth_url: str = ""
    """Of its identity service, with its version, where it does not take our tokens."""
    application_credential_id: str = ""
    application_credential_secret: str = ""
    """As whom we ask there. Whoever may import here can fetch what this credential may see."""


class ImageOptions(Section, frozen=True):
    """Read from the section `image` of the cloud's configuration."""

    image_size_cap: int = 1 << 40
    """The largest image, in bytes."""
    page_limit: int = 25
    """Images in a page, where the asker does not say."""
    page_limit_max: int = 1000
    deleted_images_days: int = 7
    """For so long a list goes on from an image that was deleted meanwhile; 0: for ever."""
    tags_max: int = 128
    properties_max: int = 128
    members_max: int = 128
    images_max: int = 1000
    """Of one project, where no limit `image_count_total` is set; -1: any number."""
    idle_timeout_s: float = 300.0
    """An upload from which nothing comes for so long is given up."""
    default_store: str = "file"
    stores: dict[str, StoreOptions] = msgspec.field(default_factory=dict)
    """Beside `file`, which is there unless another store is the default."""
    import_methods: tuple[str, ...] = ("glance-direct", "web-download", "copy-image", "glance-download")
    web: WebOptions = WebOptions()
    plugins: PluginOptions = PluginOptions()
    remotes: dict[str, RemoteOptions] = msgspec.field(default_factory=dict)
    quotas: dict[str, int] = msgspec.field(default_factory=dict)
    """Limits of every project without limits of its own: `image_size_total` and `image_stage_total` in MiB,
    `image_count_total` and `image_count_uploading`; -1, or nothing: no limit."""
    property_protections: str = ""
    """The file that says who may do what with which custom properties."""
    property_protections_by: str = "roles"
    """What that file names: `roles` or `policies`."""
    certificates: str = ""
    """The folder with the certificates of signed images, `ID.pem` each; by default `certificates` in the
    cloud's folder."""
    delayed_delete: bool = False
    """The data of deleted images stays for a while."""
    scrub_after_s: int = 3600
    """For so long."""
    show_multiple_locations: bool = False
    """Images show where their data is, and owners may change that by a patch."""
    show_direct_url: bool = False
    http_store: bool = False
    """Data may stay at an HTTP address that somebody gave as a location."""
    task_hours: int = 48
    """How long ended tasks are kept."""
    cache_size_max: int = 10 << 30
    """Bytes that copies of remote images may take on this machine."""
    cache_idle_hours: int = 24 * 7
    """Copies that nobody read for so long are removed."""

    def all_stores(self) -> dict[str, StoreOptions]:
        """Every store by its name, the default one included."""
        if self.default_store in self.stores:
            return self.stores
        return {self.default_store: StoreOptions(description="Files in the cloud's folder"), **self.stores}
