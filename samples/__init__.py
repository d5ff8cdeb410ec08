"""Synthetic samples: benign, hostile and Japanese files and mail, each made by code.  `python samples/build.py OUT`."""
