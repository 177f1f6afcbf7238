"""Phones on the centre's own Wi-Fi: enrolled once, opened with a short PIN afterwards."""
