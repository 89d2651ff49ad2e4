"""The attacks, one file each, found by folder."""
