"""The parsers under attack, one file each, found by folder."""
