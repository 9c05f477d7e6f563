"""The official account's door: verify, understand, route, answer. It decides nothing about the shop."""
