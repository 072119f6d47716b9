"""MLflow over HTTP, against a server that answers whatever a test wants."""
