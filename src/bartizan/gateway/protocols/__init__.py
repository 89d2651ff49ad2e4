"""What the clients of a service speak: a protocol is its routes, its shapes, and how its answers end."""
