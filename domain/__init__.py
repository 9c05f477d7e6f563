"""Pure rules: no await, no I/O, standard library only. Decisions in, decisions out."""
