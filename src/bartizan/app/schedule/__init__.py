"""What the platform does by itself, and when."""
