// Node, and nothing to do.
