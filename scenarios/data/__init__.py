"""The recorded data that ships with the project, its mappings, and the program that cut it out."""
