"""Policy: who gets which treatment, and what becomes of the result.  `rules.py` decides, `file.py` reads."""
