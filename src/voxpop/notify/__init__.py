"""Telling people and programs of alerts."""
