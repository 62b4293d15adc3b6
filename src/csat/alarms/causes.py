"""One alarm per cause: which entities fall together, and which of them it is about.

Of surveyed satisfaction the cause is the entity with the most evidence, the deepest studentised
fall: where the answers of a set ``C`` fall by ``d``, an entity ``E`` falls by ``d |E ∩ C| / |E|``
with a standard error of ``s / √|E|``, and ``|E ∩ C| / √|E|`` is largest for ``E = C``. It is the
most likely set of the candidates (Kulldorff's scan statistic, 1997), neither too wide nor too
narrow.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: An entity of whose fall another one explains so much shares its alarm; and a fall of which less
#: than this is left is over.
LEFT_SHARE = 0.5
#: Of entities that fall for the same reason, the smallest that accounts for so much of the loss.
LOSS_SHARE = 0.7


def explained_shares(differences: np.ndarray, own: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return how much of the fall of some entities each other one explains.

    The fall ``d`` of one entity lets another one fall by ``share d``, with the share of the other's
    answers that lie in the first. A region that falls by 12 points explains its parts, which fall
    by about 12 too, and that all customers fall by 1.2 where it is a tenth of them. All customers
    explain neither the region nor a part elsewhere that falls by 15 points.

    Parameters
    ----------
    differences
        Falls of all ``n`` entities, negative, NaN where not known, each row in the window of one of
        ``m`` entities, (m, n).
    own
        Which of the ``n`` each of the ``m`` is, (m,).
    shares
        Share of the answers of each (row) that lie in each (column) too, (n, n).

    Returns
    -------
    numpy.ndarray
        0 to 1, 0 of itself, (m, n).
    """
    mine = differences[np.arange(len(own)), own][:, None]
    falls = np.where(np.isfinite(differences), np.minimum(differences, 0.0), 0.0)
    explained = np.where(mine < 0, shares[own] * falls / np.where(mine < 0, mine, 1.0), 0.0)
    explained[np.arange(len(own)), own] = 0.0
    return np.clip(explained, 0.0, 1.0)


def narrowest(losses: Mapping[str, tuple[float, float]]) -> str:
    """Return the smallest entity that accounts for most of what is lost.

    Parameters
    ----------
    losses
        By key, the size of an entity (customers) and the points that it fell by. All fell for the
        same reason.
    """
    most = max(size * fall for size, fall in losses.values())
    return min(
        (size, -fall, key)
        for key, (size, fall) in losses.items()
        if size * fall >= LOSS_SHARE * most
    )[2]
