"""Image: the disks that servers boot from."""
