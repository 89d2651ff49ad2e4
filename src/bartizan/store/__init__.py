"""Where state that may be erased lives: tables on SQLite or PostgreSQL, limits in memory or Valkey."""
