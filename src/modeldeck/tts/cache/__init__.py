"""Speech that was paid for once."""
