"""The HTTP shells of the control process."""
