"""The Admin API beneath its HTTP: who calls, what is repeated, where pages begin, and the client."""
