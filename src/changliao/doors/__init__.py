"""Where the world comes in; each door is a room of its own."""
