"""The card and the facts it is made of, kept in the run that a version was made from."""

from typing import Protocol

from trainer.card.evidence import Evidence, Registry, read_evidence
from trainer.card.facts import FACTS, FOLDER, facts_of
from trainer.card.page import card_of
from trainer.contract.contract import Contract
from trainer.params import Params
from trainer.registry.publication import Publication
from trainer.workspace.files import json_bytes
from trainer.workspace.layout import Layout

PAGE = "card.html"


class Runs(Registry, Protocol):
    """Where a version's files are, and where one can be added."""

    def attach(self, run_id: str, path: str, text: str) -> None: ...

    def describe(self, model: str, version: str, run_id: str, path: str, words: str) -> None: ...


def keep_card(
    publication: Publication, number: str, registry: Runs, layout: Layout, contract: Contract, params: Params
) -> None:
    """Write facts and card into the run of the version that was just published, and link the card in its description.

    Raises RegistryError and CardError.

    Stopped between the two, the facts are there and `make card` makes the page.
    """
    model, facts = publication.model, facts_of(publication, layout, contract, params)
    run_id = registry.state(model).version(number).run_id
    registry.attach(run_id, f"{FOLDER}/{FACTS}", json_bytes(facts).decode())
    registry.attach(run_id, f"{FOLDER}/{PAGE}", card_of(read_evidence(registry, model, number)))
    registry.describe(model, number, run_id, f"{FOLDER}/{PAGE}", f"Card of version {number}")


def made(registry: Registry, model: str, number: str | None) -> tuple[Evidence, str]:
    """The evidence about the version, or about production, and its card. Raises like `read_evidence` and `card_of`."""
    evidence = read_evidence(registry, model, number)
    return evidence, card_of(evidence)
