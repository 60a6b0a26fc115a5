"""The bars of docs/benchmarks.md, measured: ours and the peers in turn, on the same core of the same machine."""
