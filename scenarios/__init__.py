"""The catalogue of scenarios: its files, their landscapes and profiles, and the loader that names every position."""
