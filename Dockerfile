# One image for all of the core: `serve` answers the API, `work` does jobs, `migrate` brings the database up to date, and
# every other verb is an operator's. The Worker is no image: Cloudflare runs it (wrangler.toml).
#
# What happens inside is in docker/*.sh, which `cargo xtask image` also runs, without an engine.
#
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" -t marquee .
#
# Needs BuildKit, for its cache mounts. The base image is the current Debian 12: each release of ours has its security updates.

# The compiler that rust-toolchain.toml names.
FROM rust:1.95.0-slim-bookworm AS build
# Otherwise rustup would also fetch what only developers need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY docker/sbom-tool.sh docker/
RUN docker/sbom-tool.sh
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    docker/build.sh /out

FROM debian:12-slim
COPY docker/runtime.sh /tmp/
RUN /tmp/runtime.sh && rm /tmp/runtime.sh
COPY --from=build /out/marquee /usr/local/bin/
COPY --from=build /out/sbom.cdx.json /usr/share/marquee/
# Debian trusts none of those who sign for Postgres on RDS: DATABASE_URL names this file as sslrootcert.
COPY docker/rds-certificates.pem /usr/share/marquee/

ARG VERSION=0.0.0-unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Marquee" \
      org.opencontainers.image.description="Redirects by ZIP code, and a shop for personalised videos: API, worker and command line" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:12-slim" \
      example.marquee.sbom="/usr/share/marquee/sbom.cdx.json"

# It writes here only, which may be a tmpfs: the root may be read-only. What ECS mounts is root's own and nobody else's,
# unless the image has a volume there: then it is as the image has it.
RUN chmod 1777 /tmp
VOLUME ["/tmp"]

# A number, so that an orchestrator sees that it is not root.
USER 10001:10001
WORKDIR /tmp
# Both listen inside the container only, until somebody publishes or routes to a port. Health is asked of the second.
ENV MARQUEE_LISTEN=0.0.0.0:8080 \
    MARQUEE_METRICS_LISTEN=0.0.0.0:9090
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["marquee", "health"]
# As process 1 it handles SIGTERM itself, and waits for the ffmpeg that it starts: no init is needed.
ENTRYPOINT ["marquee"]
CMD ["serve"]
