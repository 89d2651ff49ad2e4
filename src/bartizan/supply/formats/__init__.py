"""The formats of files that models and data come in, one file each, found by folder."""
