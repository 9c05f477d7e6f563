"""What the bot understands: normal form, intents, slots, times."""
