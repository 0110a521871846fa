"""Secrets as files: one file a setting, as Docker mounts them, so that no environment and no image holds a secret.

A file in the folder (``/run/secrets``, or the one named by ``DAYBOOK_SECRETS_FOLDER``) that is called like a
setting's variable, in any case, holds its value: ``daybook_kis__app_key``. Other files there are no business of the
desk. An empty file is a secret that is not set. The environment wins, ``.env`` and ``daybook.toml`` do not.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, EnvSettingsSource

from daybook.settings_names import env_name, env_path, is_known, meant
from daybook.settings_sources import ConfigurationError

FOLDER_VARIABLE = "DAYBOOK_SECRETS_FOLDER"
DEFAULT_FOLDER = Path("/run/secrets")
LONGEST_SECRET_BYTES = 65_536


def secrets_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of secret files, whether or not it is there.

    Raises:
        ConfigurationError: when ``DAYBOOK_SECRETS_FOLDER`` names something that is no folder.
    """
    named = (os.environ if environment is None else environment).get(FOLDER_VARIABLE, "")
    folder = Path(named) if named else DEFAULT_FOLDER
    if named and not folder.is_dir():
        raise ConfigurationError(f"{FOLDER_VARIABLE} names {folder}, which is no folder; correct it or unset it")
    return folder


def secret_variables(folder: Path | None = None) -> dict[str, str]:
    """Return what the secret files hold, by the variable each stands for, in capitals; empty ones are left out.

    Args:
        folder: where the files are; None for the folder of this process.

    Raises:
        ConfigurationError: when a file cannot be read as one secret; the message names the file, never a value.
    """
    folder = secrets_folder() if folder is None else folder
    if not folder.is_dir():
        return {}
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if env_path(path.name) is None or not path.is_file():
            continue
        value = _secret_in(path)
        if value:
            found[path.name.upper()] = value
    return found


def _secret_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_SECRET_BYTES + 1)
        value = content.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise ConfigurationError(
            f"the secret {path} cannot be read: {error.strerror}; let the desk's user read it"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"the secret {path} is not text in UTF-8; write the value alone into it") from None
    if len(content) > LONGEST_SECRET_BYTES or "\0" in value:
        raise ConfigurationError(f"the secret {path} holds more than one secret; write the value alone into it")
    return value


class SecretFilesSource(EnvSettingsSource):
    """The secret files as a source of settings: read like the environment, with its nesting and its JSON."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        """Return the files' values under the names pydantic looks for.

        Raises:
            ConfigurationError: when a file is named like a setting of the desk that there is not.
        """
        found = secret_variables()
        for variable in found:
            path = env_path(variable) or ()
            if not is_known(path, self.settings_cls):
                likely = meant(path, self.settings_cls)
                advice = f"did you mean {env_name(likely).lower()}?" if likely else "remove it"
                raise ConfigurationError(f"{variable.lower()} in {secrets_folder()} is not a setting; {advice}")
        return {variable.lower(): value for variable, value in found.items()}
