# Everything that CI runs.
check:
    bash .ci/run

# A drill, right now.
drill *arguments:
    cargo run --release -- {{arguments}}

# Run every claim about Python in the bank (3.11 or newer).
bank:
    cargo run --release -- bank check
    python3 bank/checks/run.py

# Write the JSON Schemas of the bank's files from the types.
schema:
    cargo run --release -- bank schema > bank/schema.json
    cargo run --release -- bank schema --general > bank/general.schema.json

# Look at changed snapshots one by one (cargo install cargo-insta).
review:
    cargo insta review

# Licences, sources and known faults of all dependencies (cargo install cargo-deny).
deny:
    cargo deny check

# How long things take on this machine.
bench:
    cargo bench
