# syntax=docker/dockerfile:1
# Three images from one file: `web` holds none of the heavy libraries, `worker` holds them all,
# `objects` is the object store with a folder that its user may write.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    DJANGO_SETTINGS_MODULE=mrm.settings MRM_MODE=production MRM_VAR_DIR=/var/lib/mrm \
    MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=1
RUN groupadd --gid 10001 mrm && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/mrm mrm \
    && install -d -o mrm -g mrm -m 0750 /var/lib/mrm /srv/checkpoints /srv/empty
WORKDIR /opt/mrm

FROM base AS web
COPY requirements/web.txt requirements/web.txt
RUN pip install --no-deps --require-hashes -r requirements/web.txt
COPY --chown=root:root manage.py pyproject.toml ./
COPY --chown=root:root mrm mrm
COPY --chown=root:root registry registry
COPY --chown=root:root validation validation
COPY --chown=root:root templates templates
COPY --chown=root:root static static
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "mrm.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm"]

FROM web AS worker
USER root
COPY requirements/worker.txt requirements/worker.txt
RUN pip install --no-deps --require-hashes -r requirements/worker.txt
USER 10001:10001
CMD ["celery", "-A", "mrm", "worker", "-Q", "heavy", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO"]

# A volume takes the owner of the folder that it covers.
FROM minio/minio:RELEASE.2025-04-22T22-12-26Z AS objects
COPY --from=base --chown=10001:10001 /srv/empty /objects
USER 10001:10001
