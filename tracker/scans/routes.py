"""Photos of papers, as they are shown."""

from flask import Blueprint

from tracker.scans import models

bp = Blueprint("scans", __name__)
TABLES = (models.Scan, models.ScanPiece)
