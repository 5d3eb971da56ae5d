"""What pages and doors share of the web: requests, templates, security. No rule about money."""
