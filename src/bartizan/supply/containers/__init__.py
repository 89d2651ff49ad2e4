"""Containers of members: archives and compressed files, each read by our own strict reading."""
