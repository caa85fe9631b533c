"""From what users wrote and what is running to our own words: queries over `api` and `registry` with values of `ir` as answers.

A feature keeps its name from layer to layer: the routes of `api.networking.virtual_service` are resolved in `routes`, `route_matches`,
`route_actions` and `route_policies`, and told to Envoy by the modules of `render` that are called alike. Reading order: `visibility` (who sees what),
`virtual_services` and `destination_rules` (whose word counts), then `routes`, `destinations`, `endpoints`, `inbound`, `outbound`, and the gateways'.
What may not enter: Envoy's words, and a proxy where a namespace, a perspective or a few labels would do.
"""
