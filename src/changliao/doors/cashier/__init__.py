"""Where a payer meets an order: QR, account payment, live status."""
