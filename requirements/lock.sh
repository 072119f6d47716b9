#!/bin/sh
# Rebuilds every lock file from its .in file. Needs uv. Layers agree because each is cut from the widest.
set -eu
cd "$(dirname "$0")"
compile() { uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"; }
compile dev.in -o dev.txt
for layer in client web worker bench; do compile -c dev.txt "$layer.in" -o "$layer.txt"; done
