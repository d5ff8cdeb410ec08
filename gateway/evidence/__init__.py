"""What people make of the journal: sentences, exports, evidence packs, periodic inspection, the proof that no mail is missing.

Reads the journal and never the contents of mail, but where an evidence pack is asked to hold an original.
"""
