# syntax=docker/dockerfile:1
# Mugai, the gateway.  Two stages: compilers and pip stay behind.  Runs as 65532 on a read-only root (see compose.yaml).
# For production both stages are pinned by one digest (docs/running.md):  --build-arg BASE=debian:12-slim@sha256:...
ARG BASE=debian:12-slim

FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv gcc libc6-dev python3-dev libldap-dev libsasl2-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/mugai
WORKDIR /src
COPY requirements.lock requirements-ldap.lock ./
RUN /opt/mugai/bin/pip install --no-cache-dir --require-hashes -r requirements.lock -r requirements-ldap.lock
COPY pyproject.toml README.md ./
COPY gateway gateway
COPY sanitizers sanitizers
RUN /opt/mugai/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
# no Ghostscript, GStreamer or Java: each has been the way into a document converter
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 libarchive13 libldap-2.5-0 libsasl2-2 ca-certificates \
       fonts-ipafont-gothic tini libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 65532 --user-group --no-create-home --shell /usr/sbin/nologin mugai \
    && useradd --uid 65533 --user-group --no-create-home --shell /usr/sbin/nologin mugai-console \
    && install -d -o mugai -g mugai -m 0700 /var/lib/mugai
COPY --from=build /opt/mugai /opt/mugai
COPY config /etc/mugai
USER 65532:65532
WORKDIR /var/lib/mugai
ENV PATH=/opt/mugai/bin:/usr/bin:/bin LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
VOLUME /var/lib/mugai
EXPOSE 2525 2527
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8025/health', timeout=4)"]
ENTRYPOINT ["tini", "--", "mugai", "--config", "/etc/mugai/gateway.yaml"]
CMD ["serve"]
