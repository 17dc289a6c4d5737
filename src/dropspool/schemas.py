"""The pydantic models of stored files and of answers.

Unknown keys are ignored, so that files written by newer and older systems can
be read.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

StatusStr = Literal["INITIALIZING", "QUEUED", "DONE", "ERROR"]
ColdAtomStr = Literal["fermion", "boson", "spin", "mixed"]
WireOrderStr = Literal["linear", "sequential", "interleaved"]
"""Older data says ``linear`` where newer data says ``sequential``."""

DisplayNameStr = Annotated[str, Field(pattern=r"^[a-z0-9]*$")]
BackendNameStr = Annotated[str, Field(pattern=r"^([a-z0-9]+_[a-z0-9]+_[a-z0-9]+)?$")]

_Secret = Annotated[str, Field(min_length=1, repr=False)]


class DropboxLoginInformation(BaseModel):
    """The login of a Dropbox: three secrets, which no ``repr`` and no error message shows."""

    model_config = ConfigDict(hide_input_in_errors=True)

    app_key: _Secret
    app_secret: _Secret
    refresh_token: _Secret


class LocalLoginInformation(BaseModel):
    """The folder in which a provider on the local file system keeps its files."""

    base_path: str


class StatusMsgDict(BaseModel):
    """The status of a job."""

    job_id: str
    status: StatusStr
    detail: str
    error_message: str


class NextJobSchema(BaseModel):
    """A job taken from the queue; both fields are the string ``None`` if there was none."""

    job_id: str
    job_json_path: str


class BackendConfigSchemaIn(BaseModel):
    """The configuration of a backend, as it is stored."""

    model_config = ConfigDict(validate_assignment=True)

    description: str
    version: str = Field(description="In the form X.Y.Z; older data has X.Y, too.")
    display_name: DisplayNameStr | None = None
    cold_atom_type: ColdAtomStr
    gates: list[dict[str, Any]] = Field(description="One description per gate, with its `name`.")
    max_experiments: int = Field(description="The largest number of experiments in one job.")
    max_shots: int = Field(description="The largest number of shots of one experiment.")
    simulator: bool
    supported_instructions: list[str]
    num_wires: int
    wire_order: WireOrderStr
    num_species: int
    operational: bool
    pending_jobs: int | None = None
    status_msg: str | None = None
    last_queue_check: datetime | None = Field(
        default=None, description="The time when a worker last looked for a job (UTC)."
    )


class BackendConfigSchemaOut(BaseModel):
    """The configuration of a backend for its users, in the terms of Qiskit's configuration."""

    model_config = ConfigDict(validate_assignment=True)

    description: str
    display_name: DisplayNameStr
    conditional: bool = False
    coupling_map: str = "linear"
    dynamic_reprate_enabled: bool = False
    local: bool = False
    memory: bool = False
    open_pulse: bool = False
    backend_version: str
    n_qubits: int
    backend_name: BackendNameStr
    basis_gates: list[str] = Field(description="The names of the gates.")
    max_experiments: int
    max_shots: int
    simulator: bool
    gates: list[dict[str, Any]]
    supported_instructions: list[str]
    cold_atom_type: ColdAtomStr
    wire_order: WireOrderStr
    num_species: int
    url: str | None = None


class BackendStatusSchemaOut(BaseModel):
    """The status of a backend, in the terms of Qiskit's backend status."""

    backend_name: BackendNameStr
    backend_version: str
    operational: bool
    pending_jobs: int = Field(description="0 when unknown.")
    status_msg: str = Field(description="Empty when unknown.")


class GateDict(BaseModel):
    """One instruction: the name of a gate, its wires and its parameters.

    In a job it is written as a list of these three.
    """

    name: str
    wires: list[int]
    params: list[float]

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and len(value) == len(cls.model_fields):
            return dict(zip(cls.model_fields, value, strict=True))
        return value


class ExperimentalInputDict(BaseModel):
    """One experiment of a job."""

    instructions: list[GateDict]
    num_wires: int
    shots: int
    wire_order: WireOrderStr
    seed: int | None = None


class DataDict(BaseModel):
    """The measurements of an experiment: one string per shot."""

    memory: list[str]
    instructions: list[GateDict] | None = None


class ExperimentDict(BaseModel):
    """The outcome of one experiment."""

    header: dict[str, Any]
    shots: int
    success: bool
    data: DataDict


class ResultDict(BaseModel):
    """The result of a job, in the terms of Qiskit's result."""

    backend_name: BackendNameStr | None = None
    display_name: DisplayNameStr
    backend_version: str
    job_id: str
    qobj_id: str | None = None
    success: bool = True
    status: StatusStr
    header: dict[str, Any] = Field(default_factory=dict)
    results: list[ExperimentDict] = Field(default_factory=list)


def get_init_status() -> StatusMsgDict:
    """Return the status of a job about which nothing is known yet."""
    return StatusMsgDict(
        job_id="None", status="INITIALIZING", detail="Got your json.", error_message="None"
    )


def get_init_results() -> ResultDict:
    """Return the result of a job about which nothing is known yet."""
    return ResultDict(display_name="", backend_version="", job_id="", status="INITIALIZING")
