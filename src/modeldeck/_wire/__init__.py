"""What the protocols of two providers or more share; no I/O."""
