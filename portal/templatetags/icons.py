"""The line icons of the design system."""

# 16 px line icons; each is only ever shown beside its word.
ICONS: dict[str, str] = {
    "mark": '<path d="M3 17.5h5v-5h5.5v-5H19M15.5 4 19 7.5 15.5 11"/>',
    "now": '<path d="M2.5 9.5h3l1 2h3l1-2h3M2.5 9.5v3.5h11V9.5l-2-6.5h-7z"/>',
    "incidents": '<path d="M8 2.2 14.3 13H1.7zM8 6.4v3.2M8 11.3v.2"/>',
    "decisions": '<path d="M8 1.8 14.2 8 8 14.2 1.8 8zM8 5.8v2.4M8 10v.2"/>',
    "changes": (
        '<circle cx="4" cy="3.8" r="1.6"/><circle cx="4" cy="12.2" r="1.6"/>'
        '<circle cx="12" cy="5.5" r="1.6"/><path d="M4 5.4v5.2M12 7.1c0 2.4-3.5 2.6-6.5 3.6"/>'
    ),
    "playbooks": ('<path d="M3 2.5h7.5A2 2 0 0 1 12.5 4.5v9H5a2 2 0 0 1-2-2zM3 11.5a2 2 0 0 1 2-2h7.5"/>'),
    "ownership": (
        '<rect x="2.2" y="2.7" width="11.6" height="10.6" rx="1"/><path d="M2.2 6.2h11.6M6.2 6.2v7.1M2.2 9.8h11.6"/>'
    ),
    "oncall": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "reviews": '<circle cx="7" cy="7" r="4.3"/><path d="m10.2 10.2 3.5 3.5"/>',
    "insights": '<path d="M3 13.5v-4M8 13.5v-11M13 13.5v-7"/>',
    "audit": ('<path d="M8 1.9 13 4v4c0 3-2 5-5 6.2C5 13 3 11 3 8V4zM5.8 8l1.6 1.6 3-3.2"/>'),
    "report": '<path d="M8 3v10M3 8h10"/>',
    "settings": (
        '<path d="M2.5 4.5h6M12 4.5h1.5M2.5 11.5h1.5M7.5 11.5h6"/>'
        '<circle cx="10.2" cy="4.5" r="1.6"/><circle cx="5.8" cy="11.5" r="1.6"/>'
    ),
    "menu": '<path d="M2.5 4h11M2.5 8h11M2.5 12h11"/>',
    "keys": (
        '<rect x="1.8" y="4" width="12.4" height="8" rx="1.2"/>'
        '<path d="M4.5 6.6h.1M7 6.6h.1M9.5 6.6h.1M12 6.6h.1M5.5 9.5h5"/>'
    ),
    "close": '<path d="m3.5 3.5 9 9M12.5 3.5l-9 9"/>',
}
