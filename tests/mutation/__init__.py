"""Does each rejection have a test?  Every `raise` of a module is taken away in turn; a test must notice.

`python -m tests.mutation sanitizers.zip_strict tests/sanitizers/test_zip_strict.py` prints the raises that no test misses.
`test_mutation.py` does that for the modules whose rejections are the wall's outermost: an archive's and a message's structure.
"""
