"""Writing policies: reading, trying, explaining and comparing them before they are in force."""
