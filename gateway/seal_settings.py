"""`seal:` and `signatures:` of gateway.yaml: whose key we sign with, whose roots we trust.  Signing is `seal.py`'s."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignatureSettings(_Model):
    trust_anchors: str = Field(
        "", description="Folder of PEM files: the roots that electronic signatures may be traced to (SD-09); empty = none."
    )


class SealSettings(_Model):
    domain: str = Field("", description="Who seals inbound mail by ARC (RFC 8617), e.g. city.example.lg.jp; empty = no seal.")
    selector: str = Field(
        "mugai", pattern=r"^[A-Za-z0-9-]{1,63}$", description="The DNS has the key at SELECTOR._domainkey.DOMAIN."
    )
    key: str = Field("", description="PEM file with the private key: RSA of 2048 bits or more, or Ed25519.")

    @model_validator(mode="after")
    def _seal_is_whole(self) -> SealSettings:
        if bool(self.domain) != bool(self.key):
            raise ValueError("domain and key belong together")
        return self
