"""The data contract: columns, allowed cells, and checks of a table by it."""
