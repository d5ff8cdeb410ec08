"""The other side of the wall: what rebuilds hostile files.  Imports nothing of `gateway`, opens nothing, talks to nobody."""
