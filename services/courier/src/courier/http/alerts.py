"""Alertmanager's webhook: what it reports about alerts, as records for the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError

from courier.errors import QuestionError

MOST_ALERTS = 10_000


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds a NUL character, which the store can't keep")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]


class Alert(BaseModel):
    """One alert of a notification, named as Alertmanager's webhook has it."""

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]
    status: Literal["firing", "resolved"]
    labels: dict[Text, Text]
    annotations: dict[Text, Text] = {}
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(default=None, alias="endsAt")

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.labels.get("alertname") or "unnamed"

    @property
    def severity(self) -> str | None:
        """`page`, `ticket`, or none."""
        return self.labels.get("severity") or None

    def record(self, at: datetime) -> dict[str, object]:
        """The journal's record of it; `at` is when it came."""
        # Alertmanager's word for "not yet" is the year one.
        ended = self.ends_at if self.status == "resolved" and self.ends_at and self.ends_at.year > 1 else None
        return {
            "kind": "alert",
            "at": _utc(at),
            "fingerprint": self.fingerprint,
            "status": self.status,
            "name": self.name,
            "severity": self.severity,
            "labels": self.labels,
            "annotations": self.annotations,
            "starts_at": _utc(self.starts_at),
            "ends_at": ended and _utc(ended),
        }


class _Webhook(BaseModel):
    version: Literal["4"]
    alerts: list[Alert] = Field(max_length=MOST_ALERTS)


def read_webhook(body: bytes) -> list[Alert]:
    """The alerts of a notification (webhook format, version 4).

    Raises:
        QuestionError: it is not such a notification.
    """
    try:
        return _Webhook.model_validate_json(body).alerts
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise QuestionError(f"no Alertmanager notification: {where}: {first['msg']}") from None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
