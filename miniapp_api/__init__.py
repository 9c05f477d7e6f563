"""The mini-program's door (and the staff's): JSON over HTTP, described by its own OpenAPI 3.1."""
