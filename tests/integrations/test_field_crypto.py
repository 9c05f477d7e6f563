"""Sealed fields: opened only where they were put, with the key they were sealed with or its successor."""

import pytest

from domain import ports
from domain.ports import SealBroken
from integrations import make_sealer
from integrations.crypto import Sealer
from settings import SecuritySettings, Settings, SettingsError

OLD, NEW, INDEX = "o" * 32, "n" * 40, "i" * 32
COLUMN = "member/phone"


@pytest.fixture
def sealer() -> ports.Sealer:
    return Sealer(NEW, INDEX)


@pytest.mark.parametrize("text", ["", "13800000000", "浙江省杭州市西湖区文三路 1 号 🙂", "x" * 10_000])
def test_what_is_sealed_opens(sealer: ports.Sealer, text: str) -> None:
    assert sealer.open(sealer.seal(text, COLUMN), COLUMN) == text


def test_the_same_text_is_sealed_differently_each_time(sealer: ports.Sealer) -> None:
    assert sealer.seal("a", COLUMN) != sealer.seal("a", COLUMN)


def test_it_does_not_open_in_another_column(sealer: ports.Sealer) -> None:
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal("13800000000", COLUMN), "member/name")


def test_every_changed_character_is_noticed(sealer: ports.Sealer) -> None:
    sealed = sealer.seal("13800000000", COLUMN)
    for i, letter in enumerate(sealed.rstrip("=")):
        broken = sealed[:i] + ("A" if letter != "A" else "B") + sealed[i + 1 :]
        with pytest.raises(SealBroken):
            sealer.open(broken, COLUMN)


@pytest.mark.parametrize("odd", ["", "s1", "s1.", "s1..", "13800000000", "s2.00000000.AAAA", "s1.zz.%%%", "…"])
def test_odd_texts_are_refused_without_being_quoted(sealer: ports.Sealer, odd: str) -> None:
    with pytest.raises(SealBroken) as broken:
        sealer.open(odd, COLUMN)
    assert not odd or odd not in str(broken.value)


def test_rotation_opens_old_texts_and_seals_with_the_new_key() -> None:
    before, during, after = Sealer(OLD, INDEX), Sealer(NEW, INDEX, OLD), Sealer(NEW, INDEX)
    old = before.seal("林一", COLUMN)
    assert during.open(old, COLUMN) == "林一"
    assert not during.is_current(old)
    fresh = during.seal("林一", COLUMN)
    assert during.is_current(fresh)
    assert after.open(fresh, COLUMN) == "林一"
    with pytest.raises(SealBroken):
        after.open(old, COLUMN)
    assert before.index("林一") == after.index("林一"), "the index outlives a rotation of the data key"


def test_the_index_is_keyed_and_short(sealer: ports.Sealer) -> None:
    index = sealer.index("13800000000")
    assert index == sealer.index("13800000000")
    assert len(bytes.fromhex(index)) == 16
    assert index != sealer.index("13800000001")
    assert index != Sealer(NEW, "j" * 32).index("13800000000")


def test_short_or_missing_keys_are_named(sealer: ports.Sealer) -> None:
    with pytest.raises(ValueError, match=r"security\.index_key"):
        Sealer(NEW, "short")
    bare = Settings.model_construct(security=SecuritySettings())
    with pytest.raises(SettingsError, match=r"security\.data_key"):
        make_sealer(bare)
