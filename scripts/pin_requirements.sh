#!/usr/bin/env bash
# Re-pin every layer, with hashes and without any index address in the files.
set -euo pipefail
cd "$(dirname "$0")/.."
for layer in control sandbox runner pipeline trading api paper local dev; do
    uv pip compile pyproject.toml --extra "$layer" --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --quiet --output-file "requirements/$layer.txt" "$@"
done
