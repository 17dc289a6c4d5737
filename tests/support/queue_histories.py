"""A strategy for histories of a correct queue, which is a model in memory.

Calls of several processes overlap. Each takes effect at one moment between its beginning and its
end, unless it fails. A call whose outcome is unknown may also take effect later, or never.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from fakedropbox.simulate import History


@dataclass
class Job:
    """A job in the model: where it is, and who has it until when."""

    user: str
    place: str = "queued"
    holder: str | None = None
    until: float = 0


@dataclass
class Model:
    """A correct queue, each of whose verbs happens at one moment."""

    lease: float
    time: float = 0
    jobs: dict[str, Job] = field(default_factory=dict)

    def submit(self, process, _):
        job = f"{len(self.jobs):03}"
        self.jobs[job] = Job(process)
        return {"job": job}

    def claim(self, process, _):
        for name, job in sorted(self.jobs.items()):
            if job.place == "queued":
                job.place, job.holder, job.until = "running", process, self.time + self.lease
                return {"job": name}
        return {"job": None}

    def renew(self, process, asked):
        job = self.jobs[asked["job"]]
        held = job.holder == process and job.place == "running"
        if held:
            job.until = self.time + self.lease
        return {"held": held}

    def give_back(self, process, asked):
        job = self.jobs[asked["job"]]
        if job.holder == process and job.place == "running":
            job.place, job.holder = "queued", None

    def end(self, process, asked):
        job = self.jobs[asked["job"]]
        is_own = job.holder == process and job.place == "running"
        if asked["status"] == "ERROR" and not is_own:
            return {"stored": job.place == "ERROR" and job.holder == process}
        if asked["status"] == "DONE" and job.place == "ERROR":
            return {"stored": False}
        if job.place != "DONE":
            job.place = asked["status"]
        return {"stored": True}

    def status(self, process, asked):
        job = self.jobs.get(asked["job"])
        if job is None or job.user != process:
            return {"status": None}
        return {"status": {"queued": "QUEUED", "running": "RUNNING"}.get(job.place, job.place)}

    def recover(self, process, _):
        for job in self.jobs.values():
            if job.place == "running" and (self.time > job.until or job.holder == process):
                job.place, job.holder = "queued", None

    def start(self, process, _):
        self.recover(process, _)


CALLS = ["submit", "claim", "claim", "renew", "end", "status", "give_back", "recover", "start"]


@st.composite
def valid_histories(draw):
    """Draw a history of a correct queue, its lease, and the jobs that waited at the beginning."""
    model = Model(draw(st.sampled_from([5, 20])))
    before = [model.submit("user 0", {})["job"] for _ in range(draw(st.integers(0, 2)))]
    history = History()
    under_way = {}
    for who in draw(st.lists(st.integers(0, 3), max_size=40)):
        model.time += draw(st.sampled_from([0, 0, 0.5, 3, 25]))
        process = f"user {who}"
        if process not in under_way:
            call = draw(st.sampled_from(CALLS))
            asked = {"queue": "q", "user": process}
            if call in ("renew", "end", "status", "give_back"):
                if not model.jobs:
                    continue
                asked["job"] = draw(st.sampled_from(sorted(model.jobs)))
                asked["status"] = draw(st.sampled_from(["DONE", "ERROR"]))
            number = history.invoke(model.time, process, call, asked)
            # A recovery frees only jobs whose lease has ended; a start frees all of its process.
            name = "" if call == "recover" else process
            under_way[process] = [number, call, asked, name, None]
            continue
        number, call, asked, name, answer = under_way[process]
        if answer is None:
            happens = draw(st.sampled_from(["ok", "ok", "ok", "never", "later", "refused"]))
            if happens == "refused":
                history.end(number, model.time, "fail")
                del under_way[process]
                continue
            if happens == "later":
                history.end(number, model.time, "unknown")
                # Under a name of its own, as the process may make its next call before this one
                # takes effect.
                under_way[f"late {number}"] = [None, call, asked, name, None]
                del under_way[process]
                continue
            if happens == "ok":
                under_way[process][4] = (getattr(model, call)(name, asked),)
            else:
                history.end(number, model.time, "unknown")
                del under_way[process]
        else:
            kind = draw(st.sampled_from(["ok", "ok", "unknown"]))
            history.end(number, model.time, kind, answer[0] if kind == "ok" else None)
            del under_way[process]
        late = [each for each in under_way if each.startswith("late")]
        if late and draw(st.booleans()):
            _, call, asked, name, _ = under_way.pop(late[0])
            getattr(model, call)(name, asked)
    return history, model.lease, before
