"""The plan for an emergency and the hands that carry it out (IN-04).

`indicators` what a mail is known again by · `hunt` which mails have it, and where each copy is · `preservation` what may not
be destroyed · `plan` the administrators' playbooks · `drive` one playbook, step by step, in earnest or as a drill.
Stopping is `cutoff`'s, the case is `workflow`'s.
"""
