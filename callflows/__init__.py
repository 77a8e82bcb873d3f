"""The flows as data, the promises of their actions, and `desk/` that keeps them. No SQL, no HTTP."""
