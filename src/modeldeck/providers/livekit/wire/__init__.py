"""LiveKit Inference's protocol for speech, both sides of it; no I/O."""
