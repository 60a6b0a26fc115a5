#!/bin/sh
# prepare-root.sh DIRECTORY...: make the final stage fit to run as uid 10001 on a read-only root.
# The directories are where volumes are mounted: a fresh named volume takes over owner and mode of what it covers.
set -eu
groupadd --gid 10001 iris
useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin iris
for directory in "$@"; do install -d -o 10001 -g 10001 -m 0750 "$directory"; done

# Nothing is installed into a running container.
rm -rf /usr/local/lib/python3.11/site-packages/* /usr/local/lib/python3.11/ensurepip /usr/local/bin/pip*
# The public image carries no bytecode, and on a read-only root every start would compile the standard library again.
python -m compileall -q -j 0 -x '/(test|idlelib|lib2to3|turtledemo)/' /usr/local/lib/python3.11
