"""Fakes, builders and stages that several tests share."""
