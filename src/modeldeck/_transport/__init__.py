"""All the network I/O there is, and its limits in time."""
