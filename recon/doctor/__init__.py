"""What is configured, reachable and permitted, and what is to be done about what is not?

Looks and changes nothing: no lock is taken, no file is made. Every check answers for itself, so that one
broken part does not hide the others.
"""

from recon.doctor.check import Check
from recon.doctor.examine import examine

__all__ = ["Check", "examine"]
