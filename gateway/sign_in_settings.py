"""`ldap:` and `oidc:` of gateway.yaml: the house's own servers that know its people, and whether they sign in by them.

Reading people is `directory/ldap.py`'s; signing in is `console/binding.py`'s and `console/provider.py`'s.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.directory.model import Role


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LdapSettings(_Model):
    url: str = Field("", pattern=r"^(ldaps?://[A-Za-z0-9.:\[\]-]+)?$", description="ldaps://dc.example.lg.jp; empty = none.")
    start_tls: bool = Field(False, description="With ldap://: StartTLS before anything else. Never in the clear.")
    ca_file: str = Field("", description="PEM file of the CA that signed the server's certificate; empty = the system's.")
    user: str = Field("", description="DN of an account that may only read; nobody is asked anonymously.")
    password_file: str = Field("", description="File with its password, one line.")
    base: str = Field("", description="Where the people are: OU=職員,DC=city,DC=example,DC=lg,DC=jp")
    filter: str = Field("(&(objectClass=person)(mail=*))", description="RFC 4515: which entries are people.")
    address: str = Field("mail", description="Attributes of a person.")
    name: str = "displayName"
    section: str = "department"
    bureau: str = Field("", description="Attribute with the bureau above the section; empty = there is none.")
    aliases: str = Field("proxyAddresses", description="Further addresses, with or without smtp: before them.")
    roles: dict[Role, tuple[str, ...]] = Field({}, description="DNs of the groups whose members have a role.")
    timeout: float = Field(10, gt=0, le=60, description="Seconds for each step.")
    sign_in: str = Field(
        "",
        description="RFC 4515 with {name} in it: the one entry of who signs in; empty = nobody signs in by LDAP.",
        examples=["(&(objectClass=user)(|(sAMAccountName={name})(mail={name})))"],
    )

    @model_validator(mode="after")
    def _safe(self) -> LdapSettings:
        if self.url.startswith("ldap://") and not self.start_tls:
            raise ValueError("ldap:// is in the clear: write ldaps://, or start_tls: true")
        if self.url and not (self.user and self.password_file and self.base):
            raise ValueError("needs user, password_file and base")
        if self.sign_in and not self.url:
            raise ValueError("sign_in needs url")
        if self.sign_in and not self.sign_in.count("{name}") == self.sign_in.count("={name})") > 0:
            raise ValueError("sign_in is a filter with {name} as a whole value, e.g. (sAMAccountName={name})")
        return self


class OidcSettings(_Model):
    issuer: str = Field(
        "",
        pattern=r"^(https://[^\s?#]+)?$",
        description="The provider, exactly as it calls itself; empty = none.",
    )
    client_id: str = Field("", description="What the provider calls this console.")
    client_secret_file: str = Field("", description="File with the secret, one line; empty = a public client, by PKCE alone.")
    ca_file: str = Field("", description="PEM file of the CA that signed the provider's certificate; empty = the system's.")
    proxy: str = Field("", pattern=r"^(http://[A-Za-z0-9.:\[\]-]+)?$", description="On the way to it: http://proxy:8080.")
    label: str = Field("庁内の認証基盤でログイン", min_length=1, max_length=40, description="On the button.")
    claim: str = Field(
        "email",
        min_length=1,
        description="Which claim is the person's address in the directory. `email` counts only with email_verified; "
        "name another one, e.g. upn, only where nobody can set it himself.",
    )
    scopes: tuple[str, ...] = Field(("openid", "email"), min_length=1, description="`openid` is always asked for.")
    second_factor_amr: tuple[str, ...] = Field((), description="Values of `amr` (RFC 8176) that are a second factor, e.g. mfa.")
    second_factor_acr: tuple[str, ...] = Field((), description="Values of `acr` that are; they are asked for, too.")
    clock_skew_seconds: float = Field(60, ge=0, le=300, description="How far the two clocks may differ.")
    timeout: float = Field(10, gt=0, le=60, description="Seconds for each request.")

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        if self.issuer and not self.client_id:
            raise ValueError("needs client_id")
        return self
