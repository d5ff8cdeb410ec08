"""Backups: one moment of the store, checked and signed; how it comes back, and what must not happen then (AVL-03).

`manifest` what is in one · `making` beside a running gateway · `keys` apart from it · `unpacking` into a directory and is it
whole · `restoring` for work, or to see how long it takes · `nightly` by itself.
"""
