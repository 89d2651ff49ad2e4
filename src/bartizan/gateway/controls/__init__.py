"""The controls of this room, one file each, found by folder."""
