"""The Flask console: sign-in, the route table, and the pages of executives and supervisors. No rules of its own.

`app.create_app(config, extra)` makes it; another room's pages come in as blueprints with their own entries of the
table. It never imports `ivr`: the composition root brings the two together.
"""
