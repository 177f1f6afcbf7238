"""Pages of the phones of a centre."""

from flask import Blueprint

from tracker.phones import models

bp = Blueprint("phones", __name__)
TABLES = (models.Phone, models.Pin, models.EnrolmentCode)
