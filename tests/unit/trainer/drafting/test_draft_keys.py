"""Columns that number a person or a thing, by their names in several languages."""

import pytest

from tests.support.drafts import ROWS, column, made, table, values
from trainer.drafting import keys

MEMBERS = [
    "Kunde_Nr",
    "kundennummer",
    "Kunden-Nr.",
    "KundenID",
    "Kunden_ID",
    "Patient-ID",
    "client_id",
    "id_client",
    "idClient",
    "id_paciente",
    "numero_client",
    "codice_cliente",
    "cod_cliente",
    "klantnummer",
    "KlantID",
    "Personalnummer",
    "Matrikelnummer",
    "Vertragsnr",
    "Fallnummer",
    "nr_klienta",
    "asiakasnumero",
    "kundnr",
    "patientNumber",
    "Vertrags-Nr",
    "Geräte-ID",
    "device_id",
    "Maschinennummer",
    "Kunde",
    "cliente",
    "Schülernummer",
    "zákazník_id",
    "pacjent",
]


@pytest.mark.parametrize("name", [*MEMBERS, "numéro de client", "id utente", "Nº cliente"])
def test_a_number_of_what_has_several_rows_is_a_group(name: str) -> None:
    found, contract, parsed = made(table(**{name: lambda row: 5000 + row * 13 % 40}))
    assert column(found, name) == ("group", "names the 40 groups that rows belong to")
    assert contract.roles.group == name
    assert len(parsed.frame) == ROWS


@pytest.mark.parametrize(
    "name",
    [
        *("num_customers", "number of patients", "no_employees", "Mitarbeiter", "kundenzufriedenheit", "client_age"),
        *("valid", "nrooms", "idle", "employee_satisfaction", "contract_length", "account_balance", "Fall"),
    ],
)
def test_a_count_or_another_word_is_measured(name: str) -> None:
    assert not keys.members(name)
    found, *_ = made(table(**{name: lambda row: 5000 + row * 13 % 40}))
    assert column(found, name)[0] == "number"


@pytest.mark.parametrize("name", ["Rechnungsnummer", "invoice_nummer", "Auftragsnummer", "numero"])
def test_a_number_that_somebody_gave_out_is_an_id_where_each_row_has_its_own(name: str) -> None:
    found, contract, _ = made(table(**{name: lambda row: values(row) ** 2}))
    assert column(found, name)[0] == "id"
    assert contract.roles.id == (name,)


def test_an_id_of_few_products_is_a_category_and_measures_nothing() -> None:
    found, *_ = made(table(product_id=lambda row: 300 + row * 7 % 12))
    assert column(found, "product_id")[0] == "category"
