"""Every environment variable the product reads, once, with units in the names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sayso.errors import BadSettings


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


class Settings(BaseSettings):
    """The settings; each field is the environment variable of its name with SAYSO_ before it."""

    model_config = SettingsConfigDict(env_prefix="SAYSO_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(
        default=Path("~/.local/share/sayso"),
        description="Folder of everything that lasts; made if missing, may hold other files.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address the server listens on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port the server listens on; 0 is any free one."
    )
    public_url: str | None = Field(
        default=None,
        description="What the outside calls this server, for links in answers and callbacks; "
        "default http://HOST:PORT.",
    )
    database_url: str | None = Field(
        default=None,
        description="sqlite:///FILE or postgresql://...; default the file app.db in SAYSO_HOME.",
    )
    storage_url: str | None = Field(
        default=None,
        description="Where sound and voices lie: file:///FOLDER or s3://BUCKET/PREFIX; "
        "default the folder blobs in SAYSO_HOME.",
    )
    bootstrap_token: SecretStr | None = Field(
        default=None, description="An API token that exists from the first start, on plan pro."
    )
    bootstrap_authorized_uploader: bool = Field(
        default=False, description="true: the first token may build voices without a spoken consent."
    )
    outbound_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Private networks that callbacks may reach, with commas between, e.g. 127.0.0.0/8.",
    )
    dataset_max_mib: int = Field(
        default=2_048, ge=1, le=65_536, description="MiB that are fetched from a dataset_url."
    )
    dataset_max_unpacked_mib: int = Field(
        default=4_096, ge=1, le=131_072, description="MiB that a dataset's archive may unpack to."
    )
    dataset_max_members: int = Field(
        default=20_000, ge=1, le=200_000, description="Files that a dataset's archive may hold."
    )
    dataset_max_hours: float = Field(
        default=12.0, gt=0.0, le=100.0, description="Hours of sound that are taken of a dataset."
    )
    dataset_fetch_s: float = Field(
        default=1_800.0, ge=1.0, le=86_400.0, description="Seconds until a dataset must have arrived."
    )
    company: str = Field(
        default="", description="Who may be named in a spoken consent; empty: any name passes."
    )
    platform: str = Field(
        default="sayso", min_length=1, description="What a spoken consent calls this service."
    )
    consent_statements: Path | None = Field(
        default=None,
        description="Folder of statement files, LANGUAGE.toml, that replace or add to ours.",
    )
    consent_challenge: Literal["on", "off"] = Field(
        default="off", description="on: a random phrase must be spoken beside the statement."
    )
    models_dir: Path | None = Field(
        default=None, description="Folder of the model weights; default the folder models in SAYSO_HOME."
    )
    threads: int = Field(default_factory=_cores, ge=1, le=256, description="Cores the models may keep busy.")
    engine: str = Field(
        default="kokoro", min_length=1, description="The voice engine: kokoro, or tone, which only hums."
    )
    watermark: bool = Field(
        default=True,
        description="on, or off: whether all that is spoken carries an inaudible mark.",
    )
    speech_queue: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="Requests for speech at once, speaking or waiting; more get 429.",
    )
    voices_max_mib: int = Field(
        default=256,
        ge=1,
        le=65_536,
        description="MiB of memory for loaded voices; those that spoke longest ago give way and are loaded again when asked.",
    )
    min_recordings_rapid: int = Field(
        default=3, ge=1, le=1000, description="Active recordings a rapid build needs."
    )
    min_recordings_professional: int = Field(
        default=20, ge=1, le=10_000, description="Active recordings a professional build needs."
    )
    professional_minutes: float = Field(
        default=40.0,
        ge=1.0,
        le=1_440.0,
        description="Minutes that a professional voice may take, from the analysis of its recordings to the end.",
    )
    webhook_delays_s: Annotated[tuple[float, ...], NoDecode] = Field(
        default=(5.0, 30.0, 120.0, 600.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0),
        description="Seconds between the attempts of a callback, with commas between.",
    )
    webhook_pause_s: float = Field(
        default=3 * 86_400.0,
        ge=0.0,
        description="Seconds after which callbacks to a host that has only failed are paused.",
    )
    tone_step_s: float = Field(
        default=0.0, ge=0.0, le=60.0, description="Only for tests: how long the tone engine's steps last."
    )

    @field_validator("outbound_allow", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("webhook_delays_s", mode="before")
    @classmethod
    def _delays(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return tuple(float(part) for part in value.split(",") if part.strip())
            except ValueError as error:
                raise ValueError("expected numbers with commas between, such as 5,30,120") from error
        return value

    @field_validator("webhook_delays_s", mode="after")
    @classmethod
    def _sane_delays(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= delay <= 86_400 for delay in value):
            raise ValueError("each delay must be from 0 to 86400 seconds")
        return value

    @field_validator("public_url", mode="after")
    @classmethod
    def _starts_links(cls, value: str | None) -> str | None:
        if value is None:
            return None
        fact = "expected an http:// or https:// address, without ? and #"
        try:
            parts = urlsplit(value)
            # Reading the port checks it.
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError as error:
            raise ValueError(fact) from error
        if (
            not good
            or parts.query
            or parts.fragment
            or any(c.isspace() or not c.isprintable() for c in value)
        ):
            raise ValueError(fact)
        return value

    @field_validator("platform", mode="after")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("expected a name, not blanks")
        return value.strip()

    @field_validator("home", "models_dir", "consent_statements", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("models_dir", mode="after")
    @classmethod
    def _is_no_file(cls, value: Path | None) -> Path | None:
        if value is not None and value.exists() and not value.is_dir():
            raise ValueError("this is a file, not a folder, choose another")
        return value

    @field_validator("home", mode="after")
    @classmethod
    def _fits_into_a_url(cls, value: Path) -> Path:
        # Database URLs are made of it, and their readers differ about these two.
        if "%" in str(value) or "?" in str(value):
            raise ValueError("the path must not hold % or ?, choose another")
        return value

    @field_validator("bootstrap_token", mode="after")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        secret = "" if value is None else value.get_secret_value()
        # What the header forms cannot carry would be a token that never lets anybody in.
        if value is not None and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{1,512}", secret, re.ASCII):
            raise ValueError("a token has 1 to 512 characters: letters, digits and . _ ~ + / = -")
        if secret.lower() in ("token", "bearer") or secret.lower().startswith("token="):
            raise ValueError("this is the name of a scheme, not a token")
        return value

    @property
    def base_url(self) -> str:
        """What the outside calls this server, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def app_database_url(self) -> str:
        """URL of the application's database."""
        return self.database_url or f"sqlite:///{self.home / 'app.db'}"

    @property
    def blobs_url(self) -> str:
        """URL of the blob store."""
        return self.storage_url or (self.home / "blobs").as_uri()

    @property
    def models_folder(self) -> Path:
        """Folder of the model weights."""
        return self.models_dir or self.home / "models"


def load_settings() -> Settings:
    """The settings from the environment. Raises BadSettings with one line that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        shown = " is wrong" if "token" in name else f" is {str(first['input'])[:60]!r}"
        description = Settings.model_fields[name].description
        raise BadSettings(f"SAYSO_{name.upper()}{shown}: {_fact(dict(first))}. {description}") from error


def _fact(fault: dict[str, Any]) -> str:
    """One fault of pydantic in words for whoever set the variable."""
    limits = fault.get("ctx", {})
    match fault["type"]:
        case "value_error":
            return str(limits["error"])
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return "expected a whole number"
        case "float_parsing" | "finite_number":
            return "expected a number"
        case "bool_parsing" | "bool_type":
            return "expected true or false"
        case "greater_than_equal":
            return f"expected {limits['ge']} or more"
        case "greater_than":
            return f"expected more than {limits['gt']}"
        case "less_than_equal":
            return f"expected {limits['le']} or less"
        case "literal_error":
            return f"expected {limits['expected']}"
        case _:
            return str(fault["msg"]).lower()
