"""The sandbox's proxy: callers whose host names are built in reach this network instead."""
