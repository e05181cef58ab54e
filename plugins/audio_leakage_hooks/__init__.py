"""Thin, typed hooks for what the monitor asks of AWS.

They know nothing of the domain but its errors; they satisfy its ports by shape.
"""
