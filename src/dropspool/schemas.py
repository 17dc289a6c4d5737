"""The pydantic models of stored files and of answers.

Unknown keys are ignored, so that files written by newer and older systems can
be read.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

StatusStr = Literal["INITIALIZING", "QUEUED", "DONE", "ERROR", "RUNNING"]
"""``RUNNING`` is only an answer: old readers do not know it, so it is stored as ``QUEUED``."""

ColdAtomStr = Literal["fermion", "boson", "spin", "mixed"]
WireOrderStr = Literal["linear", "sequential", "interleaved"]
"""Older data says ``linear`` where newer data says ``sequential``."""

DisplayNameStr = Annotated[str, Field(pattern=r"^[a-z0-9]*$")]
BackendNameStr = Annotated[str, Field(pattern=r"^([a-z0-9]+_[a-z0-9]+_[a-z0-9]+)?$")]

MESSAGE_LIMIT = 10_000
"""The largest number of characters of a stored `detail` or `error_message`; the rest is cut."""

_Secret = Annotated[str, Field(min_length=1, repr=False)]


class DropboxLoginInformation(BaseModel):
    """The login of a Dropbox: three secrets, which no ``repr`` and no error message shows.

    ``app_key`` and ``app_secret`` are those of the app, ``refresh_token`` that of the account. None
    of them may be empty.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    app_key: _Secret
    app_secret: _Secret
    refresh_token: _Secret


class LocalLoginInformation(BaseModel):
    """The folder in which a provider on the local file system keeps its files.

    ``base_path`` is its path; the folder must exist.
    """

    base_path: str


class StatusMsgDict(BaseModel):
    """The status of a job.

    - ``job_id``: the id of the job
    - ``status``: "INITIALIZING", "QUEUED", "RUNNING", "DONE" or "ERROR"; "RUNNING" is only an
      answer, and is stored as "QUEUED"
    - ``detail``: a text for the user
    - ``error_message``: a text about the error; the string ``None`` if there is none

    Texts longer than 10,000 characters are cut when they are stored.
    """

    job_id: str
    status: StatusStr
    detail: str
    error_message: str


class NextJobSchema(BaseModel):
    """A job taken from the queue; both fields are the string ``None`` if there was none.

    ``job_id`` is the id of the job, and ``job_json_path`` the folder in which its file is now.
    """

    job_id: str
    job_json_path: str


class BackendConfigSchemaIn(BaseModel):
    """The stored configuration of a backend.

    - ``display_name``: the short name; ``description``: a text for users
    - ``version``: in the form X.Y.Z; older data has X.Y, too
    - ``cold_atom_type``: "fermion", "boson", "spin" or "mixed"; ``num_species``: the
      number of atomic species
    - ``gates``: one description per gate, with its ``name``; ``supported_instructions``: the
      names of all instructions
    - ``max_experiments``: the largest number of experiments in one job; ``max_shots``: the
      largest number of shots of one experiment
    - ``num_wires``: the number of wires; ``wire_order``: "interleaved" or "sequential", in older
      data also "linear"
    - ``simulator``: True for a simulation, False for hardware
    - ``operational``: True if the backend takes jobs; ``status_msg``: a text about it
    - ``pending_jobs``: the number of jobs in the queue; None when unknown
    - ``last_queue_check``: the time when a worker last looked for a job (UTC); None for never
    """

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
    """The configuration of a backend for its users, in the terms of Qiskit's configuration.

    - ``backend_name``: the long name, such as ``alqor_fermions_simulator``; ``display_name``: the
      short one
    - ``backend_version`` and ``n_qubits``: the fields ``version`` and ``num_wires`` of
      `BackendConfigSchemaIn`
    - ``basis_gates``: the names of the gates
    - ``description``, ``gates``, ``supported_instructions``, ``max_experiments``, ``max_shots``,
      ``simulator``, ``cold_atom_type``, ``num_species``, ``wire_order``: as in
      `BackendConfigSchemaIn`
    - ``conditional``, ``coupling_map``, ``dynamic_reprate_enabled``, ``local``, ``memory``,
      ``open_pulse``, ``url``: as in Qiskit
    """

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
    """The status of a backend, in the terms of Qiskit's backend status.

    - ``backend_name``: the long name; ``backend_version``: the version
    - ``operational``: True if the backend takes jobs
    - ``pending_jobs``: the number of jobs in the queue; 0 when unknown
    - ``status_msg``: a text for users; empty when unknown
    """

    backend_name: BackendNameStr
    backend_version: str
    operational: bool
    pending_jobs: int = Field(description="0 when unknown.")
    status_msg: str = Field(description="Empty when unknown.")


class GateDict(BaseModel):
    """One instruction: the ``name`` of a gate, the numbers of its ``wires``, and its ``params``.

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
    """One experiment of a job.

    - ``instructions``: the instructions, in order
    - ``num_wires``: the number of wires; ``wire_order``: their order
    - ``shots``: the number of times that it is run
    - ``seed``: the seed of a simulation; None for any
    """

    instructions: list[GateDict]
    num_wires: int
    shots: int
    wire_order: WireOrderStr
    seed: int | None = None


class DataDict(BaseModel):
    """The measurements of an experiment.

    ``memory`` has one string per shot; ``instructions`` are those that were run, or None.
    """

    memory: list[str]
    instructions: list[GateDict] | None = None


class ExperimentDict(BaseModel):
    """The outcome of one experiment.

    - ``header``: more about the experiment, such as its name
    - ``shots``: the number of times that it was run
    - ``success``: True if it was run without an error
    - ``data``: the measurements
    """

    header: dict[str, Any]
    shots: int
    success: bool
    data: DataDict


class ResultDict(BaseModel):
    """The result of a job, in the terms of Qiskit's result.

    - ``job_id``: the id of the job; ``qobj_id``: as in Qiskit, or None
    - ``backend_name``: the long name of the backend, or None; ``display_name``: the short one;
      ``backend_version``: its version
    - ``success``: False if there is no such job, or the job failed; ``status``: as in
      `StatusMsgDict`
    - ``results``: the outcome of each experiment, in order; ``header``: more about the job
    """

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
    """Return the status of a new job: `INITIALIZING`, with the string ``None`` as its id."""
    return StatusMsgDict(
        job_id="None", status="INITIALIZING", detail="Got your json.", error_message="None"
    )


def get_init_results() -> ResultDict:
    """Return the result of a new job: `INITIALIZING`, without any experiment."""
    return ResultDict(display_name="", backend_version="", job_id="", status="INITIALIZING")
