"""Self-inspection: each of the 95 requirements with its clause, setting, value, result and evidence (AU-02, LG-12).

`requirements.yaml` what five policies ask · `demands` what one tenant's asks for · `facts` what is so, and `evidence` what
happened · `boundary`, `mail`, `records`, `access`, `assurance` a check for each row · `report` all of it · `page` on paper.
"""
