"""The Flask console: sign-in, the route table, and the pages of executives and supervisors. No rules of its own."""
