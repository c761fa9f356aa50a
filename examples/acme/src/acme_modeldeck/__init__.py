"""Acme Speech for modeldeck."""
