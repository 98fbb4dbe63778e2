"""Files that are disks: what images, volumes and servers' disks have in common on a host. It needs no service."""
