"""What the kit checks, one file for each kind."""
