"""What ``generate_api.py`` writes, by language and kind."""
