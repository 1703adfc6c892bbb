"""What would mend the open findings? A plan that a person can read; nothing is written to a cloud."""

from recon.fix.document import PlanHeader, Step, write_plan
from recon.fix.plan import propose, stored_plan, write_actions

__all__ = ["PlanHeader", "Step", "propose", "stored_plan", "write_actions", "write_plan"]
