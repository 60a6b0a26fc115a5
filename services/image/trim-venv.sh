#!/bin/sh
# trim-venv.sh VENV: take out of a virtual environment what only its packages' own developers use.
set -eu
packages=$(echo "$1"/lib/python3*/site-packages)

find "$packages" -type d -name tests -prune -exec rm -rf {} +
find "$packages" -type d -name include -prune -exec rm -rf {} +
find "$packages" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.map' \) -delete

# Arrow's network server and the ONNX converters for language models: 40 MB nothing here imports.
rm -rf "$packages"/pyarrow/libarrow_flight.so.* "$packages"/pyarrow/_flight.* "$packages"/onnxruntime/transformers

# The sources of the JSON parser, beside what was built of them.
rm -f "$packages"/simdjson/*.cpp "$packages"/simdjson/*.h

find "$packages" -type d -name __pycache__ -prune -exec rm -rf {} +
python -m compileall -q -j 0 "$packages"
