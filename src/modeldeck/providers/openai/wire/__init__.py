"""OpenAI's speech protocols, both sides of each; no I/O.

`speech`: /v1/audio/speech, which compatible servers speak too. `realtime`: the Realtime WebSocket (GA) as a voice.
"""
