"""What a person types: init, serve, work, audit, sandbox."""
