"""Country packs: what is the same on every laptop of a country and is therefore never synced."""
