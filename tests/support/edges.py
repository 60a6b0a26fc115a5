"""The api's application behind a test's client, with its own type."""

from starlette.testclient import TestClient

from api.http.edge import Edge


def edge_of(client: TestClient) -> Edge:
    app = client.app
    assert isinstance(app, Edge)
    return app
