"""Coverage-guided fuzzing of everything that reads hostile bytes (atheris, libFuzzer underneath).

`pip install atheris`, then `python -m tests.fuzz TARGET [libFuzzer options]`; without TARGET the list.  What a target asserts
is in `targets.py`.  Inputs that once broke something are kept in `corpus/TARGET/` and run by `test_fuzz.py` for ever.
"""
