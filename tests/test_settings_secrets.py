import os
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from daybook.settings import ApiSettings, ConfigurationError, KisSettings, LlmSettings
from daybook.settings_names import ENV_DELIMITER, ENV_PREFIX
from daybook.settings_secrets import LONGEST_SECRET_BYTES, SecretFilesSource, secret_variables, secrets_folder


class Desk(BaseSettings):
    """Sections of the real settings, with the source where the real settings have it: behind the environment."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter=ENV_DELIMITER, env_ignore_empty=True, extra="ignore"
    )

    database_url: SecretStr = SecretStr("")
    kis: KisSettings = KisSettings()
    llm: LlmSettings = LlmSettings()
    api: ApiSettings = ApiSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFilesSource(settings_cls)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of secrets that this process looks into, and an environment without the desk's variables."""
    for name in list(os.environ):
        if name.upper().startswith(ENV_PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DAYBOOK_SECRETS_FOLDER", str(tmp_path))
    return tmp_path


def test_secret_files_when_they_are_named_like_variables_then_the_settings_have_their_values(folder: Path) -> None:
    (folder / "daybook_kis__app_key").write_text("key of the desk\n")
    (folder / "DAYBOOK_KIS__APP_SECRET").write_text("secret=of the desk")
    (folder / "daybook_database_url").write_text("mysql+pymysql://desk:p%40ss@db/daybook\r\n")
    (folder / "daybook_api__callers").write_text('{"phone": {"token": "0123456789abcdef", "scopes": ["read"]}}')
    desk = Desk()
    assert desk.kis.app_key.get_secret_value() == "key of the desk"
    assert desk.kis.app_secret.get_secret_value() == "secret=of the desk"
    assert desk.database_url.get_secret_value() == "mysql+pymysql://desk:p%40ss@db/daybook"
    assert desk.api.callers["phone"].token.get_secret_value() == "0123456789abcdef"


def test_secret_files_when_the_environment_has_a_section_then_both_are_merged_and_the_environment_wins(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "daybook_llm__openai_api_key").write_text("from the file")
    (folder / "daybook_llm__gemini_api_key").write_text("from the file")
    monkeypatch.setenv("DAYBOOK_LLM", '{"daily_budget_krw": 7}')
    monkeypatch.setenv("DAYBOOK_LLM__GEMINI_API_KEY", "from the environment")
    llm = Desk().llm
    assert llm.daily_budget_krw == 7
    assert llm.openai_api_key.get_secret_value() == "from the file"
    assert llm.gemini_api_key.get_secret_value() == "from the environment"


def test_secret_files_when_they_are_empty_or_of_others_then_nothing_is_set(folder: Path) -> None:
    (folder / "daybook_kis__app_key").write_text("\n")
    (folder / "daybook_kis__app_secret").touch()
    (folder / "database_password").write_text("of another program")
    (folder / "daybook_kis__account").mkdir()
    assert secret_variables() == {}
    assert Desk().kis == KisSettings()


def test_secret_files_when_one_is_misspelt_then_the_line_says_what_was_meant_and_no_value(folder: Path) -> None:
    (folder / "daybook_kis__app_kye").write_text("hidden value")
    with pytest.raises(ConfigurationError) as caught:
        Desk()
    assert str(caught.value).endswith("is not a setting; did you mean daybook_kis__app_key?")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a\x00b", b"x" * (LONGEST_SECRET_BYTES + 1)])
def test_secret_files_when_one_is_no_single_secret_then_it_is_refused_by_name(folder: Path, content: bytes) -> None:
    (folder / "daybook_kis__app_key").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"^the secret .*daybook_kis__app_key .*value alone into it$"):
        secret_variables()


def test_secret_files_when_a_layer_is_checked_then_their_variables_are_named_in_capitals(folder: Path) -> None:
    (folder / "daybook_kis__app_key").write_text("value")
    assert secret_variables() == {"DAYBOOK_KIS__APP_KEY": "value"}


def test_secrets_folder_when_it_is_named_wrongly_then_it_is_refused_and_without_a_name_it_may_be_missing() -> None:
    with pytest.raises(ConfigurationError, match="DAYBOOK_SECRETS_FOLDER names /nonexistent/secrets, which is no fold"):
        secrets_folder({"DAYBOOK_SECRETS_FOLDER": "/nonexistent/secrets"})
    assert secrets_folder({}) == Path("/run/secrets")
    assert secret_variables(Path("/nonexistent/secrets")) == {}
