"""DashScope's three speech protocols, both sides, without I/O.

`speech` (HTTP with server-sent events), `realtime` and `tasks` (WebSocket). Written from the service's documents of
2026-05-30 and from what its SDK 2.0.2 sends. `VERIFIED_LIVE` of each is the day (ISO 8601) on which `pytest -m live`
last passed against the real service.
"""
