# syntax=docker/dockerfile:1
# The bot alone: no embedded PostgreSQL and no demo, so a database has to be configured. Mount the
# configuration as /etc/spillway/spillway.yml, with http.host 0.0.0.0 if alerts come from outside.

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The compiler is an optional package of its platform.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY .ci/copy-assets.mjs .ci/
COPY src src
RUN npm run build && rm -rf dist/demo

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

FROM node:22-bookworm-slim
ENV NODE_ENV=production SPILLWAY_CONFIG=/etc/spillway/spillway.yml HEALTH_PORT=8080
WORKDIR /app
COPY package.json manifest.yml ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
# HEALTH_PORT follows http.port of the configuration.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HEALTH_PORT + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "dist/main.js"]
CMD ["start"]
