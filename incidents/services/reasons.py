"""Why an event was grouped: sentences that are stored in English and read in each reader's language.

(``governance.reads.sentences.said`` finds them back; a part that a source or a person wrote stays as it is.)
"""

from governance.documents.sentences import stored as _

OPENED = _("Opened %(ref)s: no incident of this group was open.")
JOINED = _("Joined %(ref)s, which is open: %(why)s.")
SILENT = _("Stored, nobody was told: %(why)s")
HELD_BACK = _("Held back: %(why)s")
COUNTED = _("Counted until %(ref)s opened: %(why)s")
SILENCE_ENDED = _("It was still open when the silence ended: %(why)s")
SILENT_BEFORE = _("Stored in silence; %(ref)s was opened at its end.")
RESOLVED = _("Resolved %(ref)s, which nobody had taken yet.")
TOLD = _("Told the people who work on %(ref)s.")
NOTED = _("Noted on %(ref)s and told the people there.")
NOTHING_OPEN = _("Nothing of this group was open.")
OVER = _("%(ref)s was over already.")

BEAT_MISSING = _("%(beat)s does not give its sign of life")
BEAT_MISSING_AGAIN = _("%(beat)s is missing again.")
BEAT_BACK = _("%(beat)s gives its sign of life again.")
THE_REPORTER = _("The reporter")
SAID_TO_WORK = _("%(name)s says that it works again.")
WORKS_AGAIN = _("%(source)s says that it works again.")
NOW_SAYS = _("%(source)s now says %(severity)s.")
AT_LEAST = _("For the time being it is at least %(severity)s.")
TAKEN_THERE = _("%(source)s says that somebody is working on it there.")
STILL_ASKED = _("%(source)s says that somebody is working on it there. Here nobody has answered, so the calls go on.")

SAME_EVENT = _("it is the same event")
SAME_STEP = _("it is the same step, “%(node)s” of %(flow)s")
SAME_TRIGGER = _("it is the trigger of %(flow)s again")
SAME_ALERTS = _("it is the same group of alerts, %(group)s")
SAME_KEY = _("it names the same dedup_key, “%(key)s”")
SAME_LINE = _("its first line is the same but for its numbers")
