"""Gemini's speech over HTTP, both sides, without I/O.

Written from Google's documents as of 2026-09-24 (the guides to speech generation, the migration to 3.8, the REST
reference) and from what its SDK google-genai 3.4.0 sends and takes. `VERIFIED_LIVE` is the day (ISO 8601) on which
`pytest -m live` last passed against the real service.
"""
