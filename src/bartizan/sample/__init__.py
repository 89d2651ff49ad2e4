"""The gullible assistant that stands in for a user's AI service."""
