"""What cannot be estimated."""


class SurvivalError(Exception):
    """Counts that no estimator can use; the sentence names the mend."""
