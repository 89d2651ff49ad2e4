"""The Cedar engine; each room ships its fragment of the schema."""
