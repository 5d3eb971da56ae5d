"""Reads that change nothing, on connections of their own."""
