"""Photos of papers: a notice of closure, a wash station. Small, without anything but the picture, and synced like any row."""
