"""Names for things, and secrets."""

from __future__ import annotations

import uuid

from haneul.kernel.ids import is_uuid, new_hex, new_id, new_secret


def test_ids_are_random_uuids_as_the_standard_writes_them() -> None:
    made = [new_id() for _ in range(1000)] + [new_hex() for _ in range(1000)]
    read = [uuid.UUID(text) for text in made]
    assert {(each.version, each.variant) for each in read} == {(4, uuid.RFC_4122)}
    assert len(set(read)) == 2000
    assert [str(each) for each in read[:1000]] == made[:1000]
    assert [each.hex for each in read[1000:]] == made[1000:]
    assert all(is_uuid(text) for text in made)


def test_every_bit_that_may_be_random_is() -> None:
    read = [uuid.UUID(new_hex()).int for _ in range(500)]
    ones = zeros = 0
    for each in read:
        ones |= each
        zeros |= ~each
    fixed = (1 << 128) - 1 & ~(ones & zeros)
    assert fixed == 0xF << 76 | 0b11 << 62


def test_secrets_are_no_options_of_a_command() -> None:
    made = {new_secret(20) for _ in range(500)}
    assert len(made) == 500
    assert all(len(each) == 20 and each.isalnum() for each in made)
