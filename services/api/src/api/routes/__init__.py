"""One file for each group of addresses, and the OpenAPI document that describes them."""
