"""Changliao Pay: an open payment network in one program."""
