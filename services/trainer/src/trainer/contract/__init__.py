"""The data contract: columns, allowed cells, checks, and the draft of a new one."""
