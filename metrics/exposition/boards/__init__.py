"""Wallboards."""
