# Two stages: build with the locked versions, then only the program, without root.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
# The certificate authorities that Slack is checked against.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 riposte && mkdir /data && chown riposte /data
COPY --from=build /src/target/release/riposte /usr/local/bin/riposte
USER riposte
# Every command keeps its data on the volume, in /data/riposte.
ENV XDG_DATA_HOME=/data
VOLUME /data
WORKDIR /data
# Healthy: the volume can be written and the bank is fit for use.
HEALTHCHECK --interval=5m --timeout=10s CMD ["sh", "-c", "test -w /data && riposte bank check"]
ENTRYPOINT ["riposte"]
CMD ["drill"]
