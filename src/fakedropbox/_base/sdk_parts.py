"""The parts of the SDK that the double uses and its oldest supported version, 12.0.2, lacks.

Code that needs one of them asks for it by `sdk_has`, or reads a field with a default.
"""

from __future__ import annotations

from importlib import import_module

LACKING = frozenset(
    {
        "account.delete_profile_photo",
        "account.get_photo",
        "file_requests.FileRequest.video_project_id",
        "files.ListFolderArg.include_restorable_info",
        "files.ListRevisionsArg.before_rev",
        "files.ListRevisionsResult.has_more",
        "files.ThumbnailV2Arg.preserve_transparency",
        "files.upload_session_append_batch",
        "sharing.relinquish_access",
        "sharing.update_file_policy",
        "team.Feature.has_distinct_member_homes",
        "team.MembersRemoveArg.permanently_delete_files",
        "team.TeamMemberProfile.root_folder_id",
    }
)
"""Routes, fields and tags by their names in the package of the SDK."""


def sdk_has(name: str) -> bool:
    """Return whether the installed SDK has the part ``name``, which the oldest SDK lacks.

    Raises:
        ValueError: ``name`` is not in `LACKING`, which has to list every such part.
    """
    if name not in LACKING:
        raise ValueError(f"name: expected a part that the oldest SDK lacks, got {name!r}")
    module, *path = name.split(".")
    found: object = import_module(f"dropbox.{module}")
    for part in path:
        found = getattr(found, part, None)
    return found is not None
