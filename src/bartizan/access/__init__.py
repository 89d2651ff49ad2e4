"""Zero trust: who asks, and may they."""
