"""Where do audit logs and lists of incidents lie?"""

from __future__ import annotations

from pydantic import Field

from recon.yaml_file import Location, Name, Strict


class Evidence(Strict):
    """One place where files lie that tell what happened; what they are is recognized by their content."""

    name: Name = Field(description="unique in its list; names the source in gaps and views")
    location: Location = Field(
        description="a file, a folder, a glob, or a s3://, az:// or gs:// address (docs/places.md)"
    )
