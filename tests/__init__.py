"""The tests, in the order of the rings, plus contract, simulation, end-to-end and architecture."""
