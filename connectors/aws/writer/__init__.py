"""Tags of AWS, written: through the tagging API, the services' own calls, and Cost Explorer for cost allocation tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import AwsScope
    from recon.fix.writing import Writer


def open_writer(scope: AwsScope, pace: Pace) -> Writer:
    """A writer of tags with the credentials and the role of `scope`, which needs just the calls of
    `connectors.aws.writer.permissions`. boto3 is imported here, not before. Nothing is asked yet."""
    from connectors.aws.writer.writer import AwsWriter

    return AwsWriter(scope, pace)
