"""The roles that people have, and which of them the platform itself asks for."""

import enum


class Role(enum.Enum):
    """A role of a person; `bartizan identity add --kind user --role ROLE` gives it."""

    OWNER = "owner"
    SECURITY_ENGINEER = "security-engineer"
    ML_ENGINEER = "ml-engineer"
    AUDITOR = "auditor"
    SERVICE_OWNER = "service-owner"


ABOUT = {
    Role.OWNER: "owns this installation",
    Role.SECURITY_ENGINEER: "changes policies, revokes, answers findings",
    Role.ML_ENGINEER: "brings in models and data",
    Role.AUDITOR: "reads the record, and changes nothing",
    Role.SERVICE_OWNER: "answers for a service behind the gateway",
}
"""What a role is for, in the words of the pages."""
