"""One call, explained: where it goes and why, or by what it is refused.

The values of `ir` that a proxy is told are evaluated here for one call, found by the queries that make them; nothing is decided a second way.
A call is a value (`call`), what is looked at are steps (`step`), what becomes of it is a way (`way`). `route` follows it out of a proxy, `arrival`
into the next one, `onward` from end to end; `question` is how users ask, `telling` and `text` how they are answered.
"""
