"""Our own REST API, for merchants and operators."""
