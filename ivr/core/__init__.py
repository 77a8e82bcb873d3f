"""The pure core: what a flow is, and what happens on a call. No I/O, no clock, standard library only."""
