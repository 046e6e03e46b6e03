"""The annotated CRF: raw forms with the variables that their fields go to, as a PDF."""

from define.acrf.build import Acrf, build, build_from

__all__ = ["Acrf", "build", "build_from"]
