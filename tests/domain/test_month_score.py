"""The three monthly scores, as the table in docs/scores.md gives them."""

import re
from pathlib import Path

import pytest

from domain.month_score import MonthFacts, MonthScoreRules, MonthScores, month_scores

PAGE = (Path(__file__).resolve().parents[2] / "docs/scores.md").read_text()
TABLE = [
    [int(cell) for cell in line.strip("| \n").split("|")]
    for line in PAGE.splitlines()
    if re.fullmatch(r"\|( *\d+ *\|){10}", line)
]


@pytest.mark.parametrize("row", TABLE)
def test_each_line_of_the_published_table(row: list[int]) -> None:
    assert month_scores(MonthFacts(*row[:7]), MonthScoreRules()) == MonthScores(*row[7:])


def test_the_page_has_a_table_and_weights_add_up() -> None:
    assert len(TABLE) >= 8
    with pytest.raises(ValueError, match="add up to 110"):
        MonthScoreRules(sessions_weight=40)
    with pytest.raises(ValueError, match="at least 1"):
        MonthScoreRules(days_full=0)
