"""The hub that Django reads. Code imports its own applet's models, never this module."""

from validation.runs.models import Attachment, CheckRecord, ValidationRun
