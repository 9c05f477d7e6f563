"""Invoices (发票): asked for by a member for what she keeps of a purchase, issued or refused by the desk.

What says more than is kept any longer is reversed by a red-letter invoice (红字发票, 冲红); then one over what is
kept may be asked for.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from domain.states import Transitions


class InvoiceState(StrEnum):
    ASKED = "asked"  # waits for the desk
    ISSUED = "issued"  # it has its number, and the member was told
    REFUSED = "refused"  # the desk could not issue it and said why; it may be asked for again
    TO_RED = "to_red"  # something of the purchase came back after it was issued: a red-letter invoice is due
    RED = "red"  # reversed by a red-letter invoice, whose number it has; what is kept may be asked for again


INVOICE_LIFE = Transitions(
    "invoice",
    InvoiceState,
    InvoiceState.ASKED,
    {
        InvoiceState.ASKED: [InvoiceState.ISSUED, InvoiceState.REFUSED],
        InvoiceState.ISSUED: [InvoiceState.TO_RED],
        InvoiceState.REFUSED: [],
        InvoiceState.TO_RED: [InvoiceState.RED],
        InvoiceState.RED: [],
    },
)
OVER = (InvoiceState.REFUSED, InvoiceState.RED)
"""Neither stands: another one may be asked for of the same purchase."""

TITLE_LONGEST = 64
_TAX_NO = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{15,20}(?![0-9A-Za-z])")
_COMPANY = re.compile(
    r"公司|集团|企业|事务所|工作室|学校|大学|医院|银行|商行|经营部|合作社|协会|研究院|(?:厂|中心|局|处)$"
)
_AROUND = re.compile(
    r"^(?:我?要?开?(?:电子)?发票)?(?:的?(?:公司|单位|个人)?抬头|公司名称|名称|开给|个人(?=\s))?(?:是|为|就?写)?[\s:：,，]*"
    r"|(?:纳税人?识别号|税号)(?:码|是|为)?[\s:：]*|[\s,，。.;；]+$"
)


@dataclass(frozen=True)
class Payer:
    """To whom an invoice is made out. A company has a tax number of 15 to 20 letters and digits."""

    title: str
    tax_no: str = ""

    @property
    def is_company(self) -> bool:
        return _COMPANY.search(self.title) is not None

    @property
    def is_whole(self) -> bool:
        """Whether an invoice can be made out to it."""
        return 0 < len(self.title) <= TITLE_LONGEST and (bool(self.tax_no) or not self.is_company)


def tax_no_of(text: str) -> str:
    """The tax number in a line, in capitals; "" where there is none."""
    found = _TAX_NO.search(text)
    return found[0].upper() if found else ""


def payer_in(text: str) -> Payer:
    """Title and tax number as they are said in one line: 抬头上海某某有限公司 税号9131…"""
    title = _TAX_NO.sub("", text)
    while (bare := _AROUND.sub("", title).strip()) != title:
        title = bare
    return Payer(title[: TITLE_LONGEST + 1], tax_no_of(text))
