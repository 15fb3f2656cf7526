"""Simulated time: timeline, chance, links, stations and the recorder."""
