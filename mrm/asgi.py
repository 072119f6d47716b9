"""Entry point for ASGI servers. WSGI is what we run: views are synchronous and hold a connection each."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
application = get_asgi_application()
