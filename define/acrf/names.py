"""Names of destinations: of letters, digits, dots, hyphens and underscores, none twice."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,60}")


@dataclass(slots=True)
class Names:
    """Gives each form and field the name of its destination.

    >>> names = Names()
    >>> names.of("SUBJ"), names.of("SUBJ", "SEX"), names.of("SUBJ", "SEX")
    ('SUBJ', 'SUBJ.SEX', 'SUBJ.SEX')
    """

    found: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, source: str, column: str = "") -> str:
        """Give the name for a form, or for a field of it.

        >>> Names().of("LAB", "result (mg)").startswith("LAB.result-mg-")
        True
        """
        if (source, column) not in self.found:
            plain = ".".join(filter(None, (source, column)))
            name = plain if PLAIN.fullmatch(plain) else _made(source, column)
            taken = set(self.found.values())
            self.found[(source, column)] = name if name not in taken else _made(source, column)
        return self.found[(source, column)]


def _made(source: str, column: str) -> str:
    """Make a name of what is plain in it, and of what tells it from others."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", f"{source}.{column}").strip("-.")[:40]
    mark = hashlib.sha256(f"{len(source)} {source} {column}".encode()).hexdigest()[:10]
    return f"{plain or 'field'}-{mark}"
