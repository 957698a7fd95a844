"""What a client can show: parts that it does not know are not sent."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types as lsp


@dataclass(frozen=True, slots=True)
class Client:
    """Which parts of a diagnostic a client knows, and what else it can do."""

    tags: bool = False
    related: bool = False
    pages: bool = False
    """Links from a diagnostic's code."""
    documents: bool = False
    """Opens a file that the server names."""
    resolves: bool = False
    """Asks for the edits of an action when somebody takes it; others need them with the offer."""
    versions: bool = False
    """Takes edits for a version of a document, not only for its address."""

    @classmethod
    def of(cls, capabilities: lsp.ClientCapabilities) -> Client:
        """What the capabilities say. Since 3.18 those of pulled diagnostics stand apart from those of pushed ones."""
        text = capabilities.text_document
        known = [one for one in (text.publish_diagnostics, text.diagnostic) if one is not None] if text else []
        show = capabilities.window.show_document if capabilities.window else None
        action = text.code_action if text else None
        resolved = action.resolve_support.properties if action and action.resolve_support else ()
        edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
        return cls(
            tags=any(one.tag_support is not None for one in known),
            related=any(bool(one.related_information) for one in known),
            pages=any(bool(one.code_description_support) for one in known),
            documents=bool(show and show.support),
            resolves="edit" in resolved and bool(action and action.data_support),
            versions=bool(edit and edit.document_changes),
        )
