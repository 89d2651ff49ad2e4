"""The attacks of an evaluation, one file each, found by folder."""
