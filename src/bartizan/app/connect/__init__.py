"""The loopback proxy of `bartizan connect`: tokens and quantum-safe TLS for any client on this machine."""
