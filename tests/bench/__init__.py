"""What a run costs, measured: see :mod:`bench.__main__`."""
