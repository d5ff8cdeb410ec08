"""Stopping mail: one side of the house, one sender, one host; by hand or because there was too much (ML-01, HD-04, AV-11).

The store is the only truth.  A stop is a row that every process reads: the listeners answer 421, nobody takes up work that it
is about, nothing is lost, and it holds over a restart and while the gateway is wedged.  Resuming needs two people.
`register` the stops · `resuming` how two people end one · `volume` how much is too much · `guard` what the doors ask.
"""

from gateway.cutoff.guard import Guard
from gateway.cutoff.register import Halt, Scope, Sent, Stops
from gateway.cutoff.volume import Volume

__all__ = ["Guard", "Halt", "Scope", "Sent", "Stops", "Volume"]
