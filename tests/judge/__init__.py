"""An independent judge of what the sanitisers deliver: does it open, are its words all there, is anything active left?

It reads with other libraries than the sanitisers where there are any (python-docx, openpyxl, python-pptx), and the raw
bytes where there are none.  `python -m tests.judge FOLDER...` prints one row a folder; `test_corpus.py` holds the figures
to floors.
"""
