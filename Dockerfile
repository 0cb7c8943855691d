# Sluicegate in an image without a shell: one binary, no root, nothing to write to but /data.
#   docker build -t sluicegate .
#   docker run --read-only -v sluicegate-data:/data -v ./sluicegate.toml:/etc/sluicegate/sluicegate.toml:ro sluicegate
# What it needs of the outside is in docs/deploy.md.

# The pages of the portal, which the binary takes in.
FROM node:22-bookworm-slim AS web
WORKDIR /web
COPY portal/web/ ./
RUN npm ci && npm run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
# librdkafka is built from source: a C++ compiler, make and perl are in this image already.
COPY . .
COPY --from=web /web/dist portal/web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/target,id=sluicegate-target \
    CARGO_TARGET_DIR=/target cargo build --locked --release -p sluicegate \
    && install -D -m 0755 /target/release/sluicegate /out/usr/local/bin/sluicegate \
    && install -d -m 0700 -o 65532 -g 65532 /out/data

# libc, libgcc_s and the authorities of certificates; user 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=0:0 /out/usr /usr
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080 9092 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/sluicegate", "health", "--config", "/etc/sluicegate/sluicegate.toml"]
ENTRYPOINT ["/usr/local/bin/sluicegate"]
CMD ["serve", "--config", "/etc/sluicegate/sluicegate.toml"]
