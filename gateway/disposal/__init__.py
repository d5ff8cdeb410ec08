"""Destroying what is no longer needed, with permission where it is asked for, and a record of it (DS-01); what is held (DS-03).

`order` what somebody asks to destroy, and doing it · `ledger` the disposal register, its certificate and its proof ·
`inventory` every store with its class, number, oldest, owner and term.  By schedule `spool/retention.py` disposes.
"""
