"""Shops that integrate with the SDK they already have. Each runs by itself, as a merchant would."""
