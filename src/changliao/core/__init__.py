"""What the network decides: pure functions on frozen values."""
