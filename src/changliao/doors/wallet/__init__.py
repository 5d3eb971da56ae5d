"""A person's wallet: sign-up, top-up, scan, transfer, bills."""
