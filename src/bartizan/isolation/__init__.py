"""What a process gives up before it serves: system calls, files, privileges (Linux)."""
