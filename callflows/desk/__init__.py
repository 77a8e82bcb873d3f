"""One file a subject: each keeps the promises of the actions named in `callflows.actions`."""
