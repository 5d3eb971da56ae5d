"""The lab: people choosing platforms and wallets when the rules change (docs/market/model.md)."""
