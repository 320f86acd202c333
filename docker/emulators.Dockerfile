# What stands in for Cloudflare and SQS in compose.yaml: workerd through wrangler, and an SQS emulator, as `cargo xtask up`
# has them. For developers only. The Worker itself is built first, on the machine: `cargo xtask edge`.
FROM node:20.20.2-bookworm-slim
WORKDIR /srv
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=optional --loglevel=error
COPY wrangler.toml ./
COPY docker/edge-dev.sh docker/
COPY xtask/local/sqs.mjs xtask/local/
COPY edge/js edge/js
COPY edge/build edge/build
# wrangler would build the Worker otherwise; and both keep what they write out of the image.
RUN sed -i '/^\[build\]$/,/^$/d' wrangler.toml && install -d -o node -g node /var/lib/edge .wrangler
USER 1000:1000
ENV HOME=/tmp
CMD ["docker/edge-dev.sh"]
