"""Pages of the reopening checklist and of health and safety sessions."""

from flask import Blueprint

from tracker.safety import models

bp = Blueprint("safety", __name__)
TABLES = (models.ChecklistItem, models.ChecklistAnswer, models.SafetySession, models.SafetyPresence)
