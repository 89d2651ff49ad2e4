"""API security: the reverse proxy in front of AI services."""
