# Voxpop in a container. Two targets:
#   docker build --target voxpop       -t voxpop .          the base: collector, API, dashboard, DuckDB or PostgreSQL
#   docker build --target voxpop-spark -t voxpop-spark .    with PySpark and a Java, for Spark's master, workers and driver
# For a release name the base by its digest: --build-arg PYTHON=python:3.11-slim@sha256:…
ARG PYTHON=python:3.11-slim

# The wheel: pure Python and the models, the same on every architecture, so it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM ${PYTHON} AS wheel
WORKDIR /source
RUN python3 -m venv /builder && /builder/bin/pip install --no-cache-dir --no-compile build==1.3.0 hatchling==1.27.0
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN SOURCE_DATE_EPOCH=1580601600 /builder/bin/python -m build --wheel --no-isolation --outdir /wheels

# What the package needs, by the hashes of a lock.
FROM ${PYTHON} AS installed
COPY deploy/image/base.lock /tmp/lock
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv --without-pip /opt/voxpop \
    && python3 -m pip --python /opt/voxpop/bin/python install --no-compile --no-deps --require-hashes \
       --requirement /tmp/lock
COPY --from=wheel /wheels /wheels
COPY deploy/image/slim.py /tmp/
RUN python3 -m pip --python /opt/voxpop/bin/python install --no-compile --no-deps --no-index /wheels/*.whl \
    && /opt/voxpop/bin/python /tmp/slim.py

FROM installed AS installed-spark
COPY deploy/image/spark.lock /tmp/lock
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m pip --python /opt/voxpop/bin/python install --no-compile --no-deps --use-pep517 --require-hashes \
       --requirement /tmp/lock \
    && /opt/voxpop/bin/python /tmp/slim.py \
    && ln -s /opt/voxpop/lib/python3*/site-packages/pyspark /opt/voxpop/spark \
    && /opt/voxpop/bin/python -c "from pathlib import Path; from voxpop.spark import java; java.find(Path('/opt/voxpop'))"

# What both targets are: an unprivileged user, two directories, no pip and no compiler.
FROM ${PYTHON} AS runtime
RUN rm -rf /usr/local/lib/python3*/site-packages/* /usr/local/bin/pip* \
    && groupadd --gid 10001 voxpop \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp voxpop \
    && install -d -o 10001 -g 10001 /data /inbox
ENV PATH=/opt/voxpop/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    VOXPOP_DATA=/data \
    VOXPOP_CACHE=/data/cache \
    VOXPOP_HOST=0.0.0.0 \
    VOXPOP_LOG_FORMAT=json
WORKDIR /data
VOLUME /data
EXPOSE 8050
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s --retries=4 CMD ["python", "-m", "voxpop.health"]
ENTRYPOINT ["voxpop"]
CMD ["serve"]
LABEL org.opencontainers.image.title="voxpop" \
      org.opencontainers.image.description="Measures what people say about a topic on social media, as they say it." \
      org.opencontainers.image.licenses="Apache-2.0"

FROM runtime AS voxpop-spark
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
COPY --from=installed-spark /opt/voxpop /opt/voxpop
RUN --mount=type=bind,source=deploy/image/sbom.py,target=/tmp/sbom.py \
    /opt/voxpop/bin/python /tmp/sbom.py "${VERSION}" /opt/voxpop/sbom.cdx.json
ENV JAVA_HOME=/opt/voxpop/java \
    SPARK_HOME=/opt/voxpop/spark \
    PYSPARK_PYTHON=/opt/voxpop/bin/python
USER 10001:10001

FROM runtime AS voxpop
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
COPY --from=installed /opt/voxpop /opt/voxpop
RUN --mount=type=bind,source=deploy/image/sbom.py,target=/tmp/sbom.py \
    /opt/voxpop/bin/python /tmp/sbom.py "${VERSION}" /opt/voxpop/sbom.cdx.json
USER 10001:10001
