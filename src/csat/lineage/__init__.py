"""Where each column comes from, through the SQL of all models."""
