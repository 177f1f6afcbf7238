"""Pages of what closures took and how it is made up."""

from flask import Blueprint

from tracker.catchup import models

bp = Blueprint("catchup", __name__)
TABLES = (models.RemotePack, models.RemotePackReturn)
