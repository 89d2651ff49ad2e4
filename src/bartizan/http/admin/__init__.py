"""The Admin API over HTTP: a router made of its table, and one function a route."""
