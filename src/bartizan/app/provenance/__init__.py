"""Where artifacts come from: writing steps down, putting them on record, and asking the record about them."""
