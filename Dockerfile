# Two stages: build with the locked versions, then only the program, without root.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --create-home --uid 10001 riposte && mkdir /data && chown riposte /data
COPY --from=build /src/target/release/riposte /usr/local/bin/riposte
USER riposte
VOLUME /data
WORKDIR /data
# Healthy: the program runs and its bank is fit for use.
HEALTHCHECK --interval=5m --timeout=10s CMD ["riposte", "bank", "check"]
ENTRYPOINT ["riposte"]
CMD ["drill", "--db", "/data/riposte.db"]
