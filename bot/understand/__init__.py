"""The Chinese understanding of the chat bot: text in, intent, slots and times out; pure.

`Understander` is the only door. It neither knows the member nor the database.
"""

from bot.understand.meaning import ACTION_INTENTS, INTENTS, Understanding, When
from bot.understand.understander import Understander

__all__ = ["ACTION_INTENTS", "INTENTS", "Understander", "Understanding", "When"]
