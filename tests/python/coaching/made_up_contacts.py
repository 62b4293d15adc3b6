"""Answers about contacts of agents, drawn with a known truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.special import expit


def draw_contacts(
    seed: int, *, agents: int = 20, each: int = 40, effects: dict[int, float] | None = None
) -> pa.Table:
    """Draw answers about contacts of easy and hard topics; effects are on the logit."""
    random = np.random.default_rng(seed)
    n = agents * each
    agent = np.repeat(np.arange(agents), each)
    topic = random.choice(["easy", "middle", "hard"], n)
    level = np.select([topic == "easy", topic == "middle"], [1.8, 0.8], -1.2)
    own = np.array([(effects or {}).get(number, 0.0) for number in range(agents)])
    satisfied = random.random(n) < expit(level + own[agent])
    day = np.datetime64("2026-06-30", "us")
    return pa.table(
        {
            "response_id": [f"r{number:05d}" for number in range(n)],
            "customer_id": [f"c{number:05d}" for number in range(n)],
            "contact_id": [f"t{number:05d}" for number in range(n)],
            "agent_id": [f"a{number:02d}" for number in agent],
            "team": [("red", "blue")[number % 2] for number in agent],
            "instrument_id": ["after_contact_csat"] * n,
            "channel": ["phone"] * n,
            "topic": topic.tolist(),
            "queue": ["line"] * n,
            "csat_score_before": random.uniform(40, 90, n),
            "wait_seconds": random.integers(0, 600, n),
            "handle_seconds": random.integers(200, 400, n),
            "transfers": random.integers(0, 2, n),
            "reopen_count": np.zeros(n, dtype=np.int64),
            "is_resolved": np.ones(n, dtype=bool),
            "is_satisfied": satisfied,
            "is_follow_up": np.zeros(n, dtype=bool),
            "is_skill_mismatch": random.random(n) < 0.2,
            "is_new_agent": np.zeros(n, dtype=bool),
            "sent_at": day - random.integers(0, 180, n).astype("timedelta64[D]"),
            "as_of_date": pa.array(np.full(n, day.astype("datetime64[D]"))),
        }
    )
