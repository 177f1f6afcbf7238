"""Files: import and export of CSV, the same columns both ways."""
