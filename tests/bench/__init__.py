"""Measure the cost of a run. See :mod:`bench.__main__`."""
