"""The console's rooms for programs: REST under /api/v1, JSON both ways, by tokens with scopes.

A room of its own because it speaks in values where the console speaks in pages; served by the console's process because desk,
rights, sandbox of previews and journal are the same ones: what a program may do here, its owner may do there, and no more.

`scopes` what a token may be made for · `tokens` who has which · `call` one request and what it sees · `resource` how a route
is declared · `door` what holds for each request · `problem` how it says no · `openapi` the declarations as a document ·
`again` the same request twice · `answers` what was said then · `app` the list of resources.  The rest are the resources, one
module each.  A new one is one module that declares its routes with frozen dataclasses; `app.RESOURCES` lists it and the matrix
test asks for its line.
"""
