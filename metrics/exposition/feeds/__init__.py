"""Figures for spreadsheets and other tools."""
