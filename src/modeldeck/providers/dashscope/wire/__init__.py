"""DashScope's three speech protocols, both sides, without I/O.

`speech` (HTTP with server-sent events), `realtime` and `tasks` (WebSocket). Written from the service's documents of
2026-05-30 and from what its SDK 2.0.2 sends; verified_live: never.
"""
