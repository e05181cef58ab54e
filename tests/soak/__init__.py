"""A long time with the monitor: does it lose anything, and does anything grow?"""
