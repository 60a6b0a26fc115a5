"""The OpenAPI document, which describes the model that is served."""
