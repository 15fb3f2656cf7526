"""Figures and tables: one file per question, each taking data and returning a figure."""
