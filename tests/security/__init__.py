"""What the cloud withstands: the advisories that others had to publish, hostile requests, hostile images."""
