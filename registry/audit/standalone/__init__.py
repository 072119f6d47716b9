"""The verifier that is handed to strangers. It imports nothing of ours and nothing of ours imports it."""
