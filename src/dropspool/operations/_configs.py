"""Changes and checks of the configurations of backends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from dropspool import layout
from dropspool.errors import StorageError
from dropspool.providers._endings import ATTEMPTS
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._json import decode, encode
from dropspool.schemas import BackendConfigSchemaIn


def config_problems(content: Mapping[str, Any], display_name: str | None = None) -> list[str]:
    """Return a list of the errors in the content of a configuration; an empty one if it is valid.

    Args:
        content: the fields of the configuration.
        display_name: the backend of the configuration; None for any.

    Each error begins with the name of the field.
    """
    try:
        config = BackendConfigSchemaIn.model_validate(dict(content))
    except ValidationError as error:
        return [
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        ]
    # The time may be a `datetime`, which is stored as a text.
    stored = {**content, **config.model_dump(exclude={"last_queue_check"})}
    stored.pop("last_queue_check", None)
    problems = []
    for field, value in stored.items():
        try:
            encode(field, {field: value})
        except ValueError as error:
            problems.append(str(error))
    problems += [
        f"{field}: expected at least 1, got {getattr(config, field)}"
        for field in ("max_experiments", "max_shots", "num_wires", "num_species")
        if getattr(config, field) < 1
    ]
    problems += [
        f"gates.{number}: expected a field 'name'"
        for number, gate in enumerate(config.gates)
        if "name" not in gate
    ]
    if display_name is not None and config.display_name not in (None, display_name):
        problems.append(f"display_name: expected {display_name!r}, got {config.display_name!r}")
    return problems


def change_config(
    provider: FileProvider, display_name: str, changes: Mapping[str, Any]
) -> BackendConfigSchemaIn:
    """Change fields of the stored configuration of a backend, and return the new configuration.

    Other fields are kept, also those that another process changes at the same time.

    Raises:
        ValueError: the configuration would not be valid, or has no such field; nothing was changed.
        FileNotFoundError: the backend has no configuration.
        BrokenFile: the stored file is not a JSON object.
    """
    path = layout.config_path(layout.checked_display_name(display_name))
    unknown = changes.keys() - BackendConfigSchemaIn.model_fields
    if unknown:
        fields = ", ".join(BackendConfigSchemaIn.model_fields)
        raise ValueError(f"changes: expected fields among {fields}, got {sorted(unknown)}")
    for _ in range(ATTEMPTS):
        stored = provider.files.read(path)
        content = decode(path, stored.data)
        problems = config_problems({**content, **changes}, display_name)
        if problems:
            raise ValueError("; ".join(problems))
        config = BackendConfigSchemaIn.model_validate({**content, **changes})
        # Only the changed fields are replaced: all of them would include defaults of fields
        # that the file does not have, and unchanged values in another form.
        data = encode(path, {**content, **config.model_dump(mode="json", include={*changes})})
        try:
            if data != stored.data:
                provider.files.update(path, data, stored.revision)
        except FileExistsError:
            continue  # changed by another process since it was read
        return config
    raise StorageError(f"{path}: changed by others {ATTEMPTS} times while it was written")
