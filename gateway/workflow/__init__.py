"""What waits for people: approval, delay, exception, blanket approval, change by two, misdirected mail, incident.

`model` the values · `machine` the declared state machines · `ledger` their one table · `engine` who acts, and the clock ·
`register` exceptions as waivers · `letters` mails to staff · `token` one-time links · `statistics` how it is decided ·
`export` the register as a file.
"""
