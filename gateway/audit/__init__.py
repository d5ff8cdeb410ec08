"""Audit of this installation by somebody independent (AU-01, AU-03): what an auditor draws, finds and takes along.

`sampling` decisions drawn at random, to be drawn again by anybody · `findings` the register of what was found, `schema` its
tables · `proof` the evidence pack of a requirement · `confirmation` that
somebody outside looked, `external` what that auditor gets · `working_paper` samples and findings on paper.
"""
