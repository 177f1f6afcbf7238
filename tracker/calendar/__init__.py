"""When training can take place: weekly patterns, holidays, closures and resumptions."""
