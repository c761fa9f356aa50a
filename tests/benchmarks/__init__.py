"""Measurements side by side with AgentScope; `make bench` runs them. No test, and nothing here fails on a time."""
