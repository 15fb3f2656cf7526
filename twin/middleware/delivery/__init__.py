"""Delivery: the outbox on its way to the partners."""
