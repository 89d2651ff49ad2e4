"""The contract of the Admin API: its one table of routes, their types, and the OpenAPI document that they make."""
