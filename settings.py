"""The only reader of `config.toml` and of the environment. Frozen; a mistake fails at start, naming the key.

Order: built-in defaults < `config.toml` < the file named by `HEZI_OVERLAY` < environment
(`HEZI_DATABASE__URL=…`, two underscores between the levels). Secrets come from the environment.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from domain.rules import Rules

ROOT = Path(__file__).resolve().parent


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AppSettings(Section):
    mode: Literal["production", "demo", "test"] = "production"
    host: str = "127.0.0.1"
    port: int = 8080
    processes: int = Field(1, ge=1, le=64)
    public_url: str = "http://127.0.0.1:8080"
    clock_file: str = ""
    sandbox_url: str = ""
    callback_answer_seconds: float = Field(4.0, gt=0, lt=5)
    max_body_bytes: int = Field(65536, ge=1024)


class DatabaseSettings(Section):
    url: SecretStr = SecretStr("sqlite://var/hezi.sqlite3")
    pool_max: int = Field(10, ge=1)


class OfficialSettings(Section):
    appid: str = ""
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    aes_key: SecretStr = SecretStr("")
    aes_key_previous: SecretStr = SecretStr("")
    card_picture: str = ""


class MiniSettings(Section):
    appid: str = ""
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    aes_key: SecretStr = SecretStr("")


class PaySettings(Section):
    mchid: str = ""
    merchant_serial: str = ""
    merchant_key_file: str = ""
    api_v3_key: SecretStr = SecretStr("")
    public_key_id: str = ""
    public_key_file: str = ""
    payscore_service_id: str = ""


class TemplateSettings(Section):
    """Template ids from the two consoles; empty = that message has no such channel."""

    booking_reminder: str = ""
    box_shipped: str = ""
    box_deadline: str = ""
    refund: str = ""
    renewal: str = ""


class WechatSettings(Section):
    api_base: str = "https://api.weixin.qq.com"
    pay_base: str = "https://api.mch.weixin.qq.com"
    timeout_seconds: float = Field(8.0, gt=0)
    official: OfficialSettings = OfficialSettings()
    mini: MiniSettings = MiniSettings()
    pay: PaySettings = PaySettings()
    official_templates: TemplateSettings = TemplateSettings()
    mini_templates: TemplateSettings = TemplateSettings()
    # Courier (SF, JDL, …) → the account number bound in the mini-program's console.
    couriers: dict[str, str] = {}


class WecomSettings(Section):
    """企业微信, through which stylists and guides write to their own members. Without a corpid it is off."""

    api_base: str = "https://qyapi.weixin.qq.com"
    corpid: str = ""
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    aes_key: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _whole(self) -> "WecomSettings":
        if self.corpid and not (self.secret.get_secret_value() and self.token.get_secret_value() and self.aes_key):
            raise ValueError("a corpid needs its secret, token and aes_key")
        return self


class TransportSettings(Section):
    """How due care messages come to the senders."""

    kind: Literal["database", "nats"] = "database"
    url: SecretStr = SecretStr("nats://127.0.0.1:4222")


class SecuritySettings(Section):
    session_key: SecretStr = SecretStr("")
    session_hours: int = Field(12, ge=1)
    data_key: SecretStr = SecretStr("")
    data_key_previous: SecretStr = SecretStr("")
    index_key: SecretStr = SecretStr("")


class LimitSettings(Section):
    """Requests a minute, each with a burst of the same size."""

    per_address_minute: int = Field(600, ge=1)
    per_person_minute: int = Field(240, ge=1)
    login_per_address_minute: int = Field(60, ge=1)
    trusted_proxies: list[IPvAnyNetwork] = []


class HelperSettings(Section):
    """A language model behind an OpenAI-compatible address that is asked about lines the bot is unsure of."""

    enabled: bool = False
    base_url: str = ""
    model: str = ""
    api_key: SecretStr = SecretStr("")
    timeout_seconds: float = Field(1.5, gt=0, le=3)
    at_once: int = Field(4, ge=1, le=64)


class PartnerSettings(Section):
    """Shared secrets of partners, code → secret, with which they sign what they tell."""

    secrets: dict[str, SecretStr] = {}


class WebhookSettings(Section):
    """How other systems are told of business events."""

    allow_private: bool = False
    timeout_seconds: float = Field(5.0, gt=0, le=10)


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = True


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="HEZI_", env_nested_delimiter="__", extra="forbid", frozen=True)

    app: AppSettings = AppSettings()
    database: DatabaseSettings = DatabaseSettings()
    wechat: WechatSettings = WechatSettings()
    wecom: WecomSettings = WecomSettings()
    transport: TransportSettings = TransportSettings()
    security: SecuritySettings = SecuritySettings()
    limits: LimitSettings = LimitSettings()
    helper: HelperSettings = HelperSettings()
    partners: PartnerSettings = PartnerSettings()
    webhooks: WebhookSettings = WebhookSettings()
    log: LogSettings = LogSettings()
    rules: Rules = Rules()

    @model_validator(mode="after")
    def _what_production_needs(self) -> "Settings":
        if self.app.clock_file and self.app.mode == "production":
            raise ValueError("app.clock_file: the movable clock is refused in production")
        if self.app.sandbox_url and self.app.mode == "production":
            raise ValueError("app.sandbox_url: production does not open itself to a sandbox")
        if self.app.mode == "production":
            needed = {
                "security.session_key": self.security.session_key,
                "security.data_key": self.security.data_key,
                "security.index_key": self.security.index_key,
                "wechat.official.secret": self.wechat.official.secret,
                "wechat.official.token": self.wechat.official.token,
                "wechat.official.aes_key": self.wechat.official.aes_key,
                "wechat.mini.secret": self.wechat.mini.secret,
                "wechat.mini.token": self.wechat.mini.token,
                "wechat.mini.aes_key": self.wechat.mini.aes_key,
                "wechat.pay.api_v3_key": self.wechat.pay.api_v3_key,
            }
            for key, value in needed.items():
                if not value.get_secret_value():
                    name = "HEZI_" + key.upper().replace(".", "__")
                    raise ValueError(f"{key}: not set; give it in the environment as {name}")
            if len(self.security.session_key.get_secret_value()) < 32:
                raise ValueError("security.session_key: 32 characters or more")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        overlay = os.environ.get("HEZI_OVERLAY", "")
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if overlay:
            sources.append(TomlConfigSettingsSource(settings_cls, Path(overlay)))
        sources.append(TomlConfigSettingsSource(settings_cls, ROOT / "config.toml"))
        return tuple(sources)


class RowsSettings(Settings):
    """The same, for what opens the database alone: production's secrets may be missing."""

    @model_validator(mode="after")
    def _what_production_needs(self) -> "RowsSettings":
        return self


class SettingsError(Exception):
    """A mistake in the configuration: the text names the key and what is wrong with it."""


def _unknown_names() -> list[str]:
    """Names in the environment that begin like ours and mean nothing: pydantic passes over these in silence."""
    sections = {*Settings.model_fields, "overlay"}
    ours = (name for name in os.environ if name.upper().startswith("HEZI_"))
    return sorted(name for name in ours if name[len("HEZI_") :].lower().split("__")[0] not in sections)


def load(kind: type[Settings] = Settings) -> Settings:
    """Read everything once. Raises SettingsError naming each wrong key."""
    if unknown := _unknown_names():
        raise SettingsError("\n".join(f"{name}: no such setting" for name in unknown))
    try:
        return kind()
    except ValidationError as bad:
        lines = [
            f"{'.'.join(str(part) for part in e['loc']) or 'config'}: {e['msg']}"
            for e in bad.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("\n".join(lines)) from None
