"""The doctor: looks at everything a running Voxpop needs and says what is wrong and how to mend it."""

from voxpop.doctor.check import Check
from voxpop.doctor.examination import Patient, examine

__all__ = ["Check", "Patient", "examine"]
