"""What closures took and how it is made up: hours owed, remote packs, catch-up in force, new ends."""
