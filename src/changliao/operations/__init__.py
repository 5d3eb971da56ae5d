"""What the network can be asked to do: read, decide, write."""
