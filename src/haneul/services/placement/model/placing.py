"""Choosing a host: a pure function over what the hosts have, that can say why.

Every host is put through the checks in order; the first that fails is remembered with the numbers. The
rest are ranked by their weights. The decision record is what users are told, and what operators read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A host as placing sees it."""

    host: str
    provider_id: str
    is_up: bool
    is_enabled: bool
    zone: str
    free: dict[str, int]
    capacity: dict[str, int]
    traits: frozenset[str]
    aggregates: frozenset[str]
    disabled_reason: str | None = None


class Wish(msgspec.Struct, frozen=True):
    """What is to be placed."""

    resources: dict[str, int]
    traits: list[str] = []
    forbidden_traits: list[str] = []
    zone: str | None = None
    host: str | None = None
    excluded: list[str] = []
    apart_from: list[str] = []
    """Hosts that anti-affinity rules out."""
    together_with: list[str] = []
    """Hosts that affinity allows; empty: all."""


class Refusal(msgspec.Struct, frozen=True):
    """Why one host was not chosen: the check, what it required, what there was."""

    host: str
    check: str
    required: str
    available: str


class Decision(msgspec.Struct, frozen=True):
    """The record of one placing. `chosen` is None if nothing fits; then `remedy` says what would."""

    chosen: str | None
    ranking: list[tuple[str, float]]
    refusals: list[Refusal]
    remedy: str | None = None


def refuse(candidate: Candidate, wish: Wish) -> Refusal | None:
    """The first check that the host fails, or None if it passes all."""

    def no(check: str, required: str, available: str) -> Refusal:
        return Refusal(candidate.host, check, required, available)

    if wish.host is not None and candidate.host != wish.host:
        return no("requested host", wish.host, candidate.host)
    if candidate.host in wish.excluded:
        return no("earlier failure", "a host that did not fail this request", "failed it")
    if not candidate.is_enabled:
        return no("enabled", "enabled", candidate.disabled_reason or "disabled")
    if not candidate.is_up:
        return no("alive", "a report within the last 60 s", "silent")
    if wish.zone is not None and candidate.zone != wish.zone:
        return no("availability zone", wish.zone, candidate.zone)
    if candidate.host in wish.apart_from:
        return no("anti-affinity", "no member of the server group", "has one")
    if wish.together_with and candidate.host not in wish.together_with:
        return no("affinity", " or ".join(wish.together_with), candidate.host)
    for resource, amount in wish.resources.items():
        if candidate.free.get(resource, 0) < amount:
            return no(resource, str(amount), str(max(candidate.free.get(resource, 0), 0)))
    lacking = [t for t in wish.traits if t not in candidate.traits]
    if lacking:
        return no("traits", ", ".join(lacking), "absent")
    unwanted = [t for t in wish.forbidden_traits if t in candidate.traits]
    if unwanted:
        return no("forbidden traits", "without " + ", ".join(unwanted), "present")
    return None


def weight(candidate: Candidate, wish: Wish) -> float:
    """How well the host suits: the share that stays free after placing, of what is scarcest."""
    shares = [
        (candidate.free.get(r, 0) - amount) / candidate.capacity[r]
        for r, amount in wish.resources.items()
        if candidate.capacity.get(r)
    ]
    return min(shares, default=1.0)


def decide(candidates: Sequence[Candidate], wish: Wish) -> Decision:
    """Choose the host with the greatest weight, names breaking ties."""
    refusals, passed = [], []
    for candidate in candidates:
        refusal = refuse(candidate, wish)
        if refusal is not None:
            refusals.append(refusal)
        else:
            passed.append((round(weight(candidate, wish), 4), candidate.host))
    passed.sort(key=lambda pair: (-pair[0], pair[1]))
    ranking = [(host, w) for w, host in passed]
    if passed:
        return Decision(passed[0][1], ranking[:20], refusals[:20])
    return Decision(None, [], refusals[:100], remedy(candidates, wish))


def remedy(candidates: Sequence[Candidate], wish: Wish) -> str:
    """The smallest change that would have made it fit somewhere."""
    if not candidates:
        return "Add a host: none has reported yet."
    best: tuple[float, str] | None = None
    for candidate in candidates:
        usable = msgspec.structs.replace(
            wish, resources={r: a for r, a in wish.resources.items() if candidate.free.get(r, 0) >= a}
        )
        other = refuse(candidate, usable)
        missing = {r: a - max(candidate.free.get(r, 0), 0) for r, a in wish.resources.items()}
        missing = {r: m for r, m in missing.items() if m > 0}
        share = sum(m / max(candidate.capacity.get(r, 0), 1) for r, m in missing.items())
        cost = share + (1000.0 if other else 0.0)
        if other is None:
            text = f"Free {describe(missing)} on {candidate.host}, or ask for that much less."
        else:
            text = f"On {candidate.host}, {other.check} stands in the way: required {other.required}, "
            text += f"available {other.available}."
        if best is None or cost < best[0]:
            best = (cost, text)
    assert best is not None
    return best[1]


def describe(resources: Mapping[str, int]) -> str:
    units = {"VCPU": "vCPU", "MEMORY_MB": "MiB of memory", "DISK_GB": "GiB of disk"}
    return " and ".join(f"{amount} {units.get(r, r)}" for r, amount in resources.items())
