"""Slots: the places workers count in."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from api.server.worker import free_slot


@given(st.lists(st.booleans(), max_size=200))
def test_no_two_living_workers_share_a_slot_and_slots_stay_as_few_as_workers(births: list[bool]) -> None:
    living: list[SimpleNamespace] = []
    most = 0
    for born in births:
        if born:
            living.append(SimpleNamespace(slot=free_slot(living)))
        elif living:
            living.pop(len(births) % len(living))
        most = max(most, len(living))
        slots = [worker.slot for worker in living]
        assert len(set(slots)) == len(slots)
        assert max(slots, default=-1) < max(most, 1)
