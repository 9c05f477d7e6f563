"""The words a text is about, by jieba. Its dictionary costs a second and 100 MB, so it is loaded in a process
of its own (`keyword_reader.py`) that ends with the answer.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from domain.errors import OutsideFault

READER = Path(__file__).with_name("keyword_reader.py")
PATIENCE_SECONDS = 60


class JiebaKeywords:
    """`domain.ports.Keywords`, each call a short-lived process."""

    async def of(self, texts: Sequence[str]) -> list[list[str]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(READER), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            told, _ = await asyncio.wait_for(process.communicate(json.dumps(list(texts)).encode()), PATIENCE_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise OutsideFault("timeout") from None
        if process.returncode:
            raise OutsideFault(f"keywords ended {process.returncode}")
        found: list[list[str]] = json.loads(told)
        return found
