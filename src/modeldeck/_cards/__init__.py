"""Cards and the one schema: which files, what they say, what may be set."""
