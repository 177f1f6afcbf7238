"""Places: the centre's profile, its campuses, and the nation's directory of centres."""
