"""Every outbound connection: resolve, check, connect to the checked address."""
