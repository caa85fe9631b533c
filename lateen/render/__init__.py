"""From our own words to Envoy's messages, in bytes. Each module is named for what it makes: `cluster`, `route`, `listener`.

Values of `ir` in, serialised messages out, and equal values give equal bytes. Big messages are made of small ones that were serialised once.
What may not enter: Istio's words, the graph, and which proxy is asking. What a value means is said in `ir`; here only how Envoy is told.
"""
