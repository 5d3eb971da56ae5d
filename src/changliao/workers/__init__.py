"""What time brings: expiry and notifications."""
