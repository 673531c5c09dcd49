"""What a run does while it computes: the statements that load its facts, the engine's seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Observed:
    """Filled while a run is computed."""

    statements: list[str] = field(default_factory=list)
    engine_seconds: list[float] = field(default_factory=list)


@contextmanager
def observed() -> Iterator[Observed]:
    """Note every loading statement and the time of each computation in this process."""
    from compensation import loaders
    from compensation.services import steps

    found = Observed()
    load, compute = loaders.query, steps.compute

    def noted(connection: Any, text: str, **values: object) -> Any:
        found.statements.append(
            loaders.sql.SQL(text)
            .format(**{name: loaders.sql.Literal(of) for name, of in values.items()})
            .as_string()
        )
        return load(connection, text, **values)

    def timed(*arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        results = compute(*arguments, **options)
        found.engine_seconds.append(time.perf_counter() - started)
        return results

    loaders.query, steps.compute = noted, timed  # type: ignore[assignment]
    try:
        yield found
    finally:
        loaders.query, steps.compute = load, compute  # type: ignore[assignment]
