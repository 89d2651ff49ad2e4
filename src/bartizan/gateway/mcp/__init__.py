"""What the gateway keeps of the Model Context Protocol: who a session is for, and what its tools were pinned as."""
