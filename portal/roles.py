"""Permission roles as data; ``portal.services.roles.sync`` writes them to Groups after every migrate."""

from dataclasses import dataclass

REPORTER = "reporter"
RESPONDER = "responder"
TEAM_ADMIN = "team admin"
GOVERNANCE_ADMIN = "governance admin"
BOARD_MEMBER = "board member"
AUDITOR = "auditor"
OPERATOR = "operator"
ADMIN = "admin"


@dataclass(frozen=True)
class Role:
    """One role: its Group name, what it may do in a sentence, and its Django permissions (``app.codename``)."""

    name: str
    purpose: str
    permissions: tuple[str, ...] = ()


ROLES: tuple[Role, ...] = (
    Role(REPORTER, "Reports incidents and follows them."),
    Role(RESPONDER, "Answers calls and works on incidents of the own teams.", ("governance.view_workflow",)),
    Role(
        TEAM_ADMIN,
        "Keeps workflows, ownership, people and absences of the own team.",
        (
            "governance.view_workflow",
            "governance.change_workflow",
            "governance.view_platform",
            "governance.view_dependency",
            "governance.add_dependency",
            "governance.change_dependency",
            "governance.view_schedule",
            "governance.add_schedule",
            "governance.change_schedule",
            "governance.view_layer",
            "governance.add_layer",
            "governance.change_layer",
            "governance.delete_layer",
            "governance.view_override",
            "governance.view_document",
            "governance.view_version",
            "governance.view_changerequest",
            "portal.view_user",
            "portal.view_team",
            "portal.view_absence",
            "portal.add_absence",
            "portal.change_absence",
        ),
    ),
    Role(
        GOVERNANCE_ADMIN,
        "Keeps the documents that steer people, boards and training.",
        (
            "governance.view_workflow",
            "governance.view_document",
            "governance.add_document",
            "governance.change_document",
            "governance.view_version",
            "governance.view_changerequest",
            "governance.view_review",
            "governance.view_historicaldocument",
            "governance.view_historicalversion",
            "governance.view_historicalchangerequest",
            "governance.publish_document",
            "governance.view_board",
            "governance.add_board",
            "governance.change_board",
            "governance.view_boardseat",
            "governance.add_boardseat",
            "governance.change_boardseat",
            "governance.view_freezewindow",
            "governance.add_freezewindow",
            "governance.change_freezewindow",
            "governance.view_delegation",
            "governance.view_topic",
            "governance.add_topic",
            "governance.change_topic",
            "governance.view_training",
            "governance.add_training",
            "governance.change_training",
            "governance.view_historicalboard",
            "governance.view_historicalboardseat",
            "governance.view_historicalfreezewindow",
            "governance.view_historicaltopic",
            "governance.view_historicaltraining",
            "portal.view_user",
        ),
    ),
    Role(BOARD_MEMBER, "Decides on changes as a member of a board.", ("governance.view_document",)),
    Role(AUDITOR, "Reads everything that is recorded.", ("portal.view_auditentry", "governance.view_document")),
    Role(OPERATOR, "Keeps the portal running.", ("portal.view_message", "portal.view_timer")),
    Role(ADMIN, "Configures the portal in its admin.", ("portal.*", "governance.*", "incidents.*", "auth.view_group")),
)
