"""What the estimation of programs says when it cannot use what it is handed."""


class ImpactError(ValueError):
    """What was handed to the estimation cannot be used; one sentence says what and the mend."""
