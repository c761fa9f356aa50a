"""Azure's speech protocols, both sides, without I/O.

`speech` (WebSocket: SSML turns, and text as it is written) and `rest` (HTTP). Written from Microsoft's documents, its
JavaScript SDK and from what its Python SDK 1.53.0 sends and takes. `VERIFIED_LIVE` of each is the day (ISO 8601) on
which `pytest -m live` last passed against the real service.
"""
