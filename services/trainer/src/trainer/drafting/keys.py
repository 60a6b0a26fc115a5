"""Names of columns that number what rows have in common: Kunde_Nr, id_client, numéro de patient, klantnummer."""

import re
import unicodedata

_NUMBERS = "id|uid|nr|nro|no|num|nbr|number|nummer|numer|numero|numeri|codigo|codice|cod|clave|cle|kod|kode|matricula"
_PEOPLE = (
    "patient|client|customer|subject|participant|respondent|household|user|member|pupil|student|employee|"
    "kunde|kunden|klient|klienten|patienten|nutzer|benutzer|teilnehmer|mitarbeiter|mitglied|mitglieds|schuler|haushalt|"
    "haushalts|personal|personen|versicherten|probanden|proband|"
    "utilisateur|abonne|adherent|eleve|etudiant|foyer|menage|salarie|employe|"
    "cliente|paciente|usuario|alumno|alumna|hogar|empleado|persona|socio|sujeto|"
    "paziente|utente|dipendente|studente|soggetto|assistito|utilizador|aluno|funcionario|"
    "klant|gebruiker|leerling|medewerker|huishouden|"
    "kund|bruger|elev|medarbejder|bruker|ansatt|pasient|anvandare|asiakas|asiakkaan|potilas|potilaan|"
    "klienta|pacjent|pacjenta|uzytkownik|uzytkownika|pracownik|pracownika|zakaznik|zakaznika|pacient|pacienta|uzivatel"
)
_THINGS = (
    "case|account|device|machine|vehicle|contract|policy|fall|konto|vertrag|vertrags|matrikel|gerat|gerate|geraet|geraete|"
    "maschine|maschinen|fahrzeug|compte|dossier|contrat|appareil|cuenta|contrato|maquina|conto|contratto|"
    "macchina|conta|rekening|konta|umowy|stroju"
)
_SINGLE = (
    "kunde|klient|proband|cliente|paciente|usuario|alumno|paziente|utente|klant|asiakas|potilas|pasient|pacjent|pacient"
)
"""Words that say it alone; others are also how many there are."""
_SMALL = frozenset(
    ("de", "du", "des", "del", "della", "di", "do", "da", "der", "van", "of", "the", "la", "le", "el", "d")
)
_NUMBER = re.compile(f"(?:{_NUMBERS})")
_MEMBER = re.compile(f"(?:{_PEOPLE}|{_THINGS})")
_ONE_WORD = re.compile(
    rf"(?:{_PEOPLE}|{_THINGS})s?(?:id|nr|no|nro|number|nummer|numero|numer|kod|kode)|id(?:{_PEOPLE}|{_THINGS})|{_SINGLE}"
)
_NUMBERED = re.compile(rf"{_NUMBERS}|\w{{3,}}(?:nummer|number|numero)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def members(name: str) -> bool:
    """Whether the name is a number and one thing or person that may have several rows.

    A number before a plural, as in num_customers, is a count.
    """
    words = _words(name)
    if len(words) == 1:
        return bool(_ONE_WORD.fullmatch(words[0]))
    if len(words) != 2:
        return False
    first, last = words
    return bool(
        (_MEMBER.fullmatch(first) and _NUMBER.fullmatch(last)) or (_NUMBER.fullmatch(first) and _MEMBER.fullmatch(last))
    )


def numbered(name: str) -> bool:
    """Whether the name ends in a word for a number that somebody gave out."""
    words = _words(name)
    return bool(words and _NUMBERED.fullmatch(words[-1])) or members(name)


def _words(name: str) -> list[str]:
    """In small letters without accents; kunde, nr of KundeNr and Kunde_Nr."""
    letters = unicodedata.normalize(
        "NFKD", _CAMEL.sub(" ", name).replace("ß", "ss").replace("ø", "o").replace("ł", "l")
    )
    plain = "".join(sign for sign in letters if not unicodedata.combining(sign)).casefold()
    return [word for word in re.findall(r"[^\W_]+", plain) if word not in _SMALL]
