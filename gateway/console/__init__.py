"""The console: staff in a browser on a closed network look at what was held and act on it.

`asker` who asks, by page or by program · `refusals` what the rooms raise, in words.  Programs come by `gateway/api/`.

A process of its own (`mugai console`) beside the gateway, on the same store.  Pages are made here and work without a script.

`screen` how a screen declares its routes, each with the right that it needs · `roles` who has which right · `guard` what holds
for every request and response · `page` templates, two languages, words of strangers made visible · `sessions`, `accounts`,
`standing`, `credentials`, `attempts`, `passkeys`, `binding` (LDAP) who is there · `app` the building plan.  The screens:
`signin`, `account`, `people`, `held`, `mail`, `originals`; for all staff `bycode` (signing in by a mail), `mine`, `approvals`,
`cases`.  A new screen is one module with its routes, one template and its tests; `app.SCREENS` lists it.
"""
