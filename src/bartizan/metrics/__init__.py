"""Numbers about what the platform does: counted where it happens, read by others, and told in Prometheus' words."""
