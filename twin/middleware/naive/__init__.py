"""Procedures that are wrong on purpose, each with the public defect it repeats; the right ones never import them."""
