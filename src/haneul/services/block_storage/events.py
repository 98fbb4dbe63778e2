"""What happens to volumes."""

from haneul.kernel.events import Event


class VolumeExtended(Event, frozen=True):
    """The volume is larger; whoever uses it does not know yet."""

    kind = "block_storage.volume.extended"
    subject = "volume_id"
    volume_id: str
    size_gb: int
