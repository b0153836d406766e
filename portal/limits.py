"""Upper bounds of everything that people or machines send. Errors name them."""

TITLE_LENGTH = 200
NAME_LENGTH = 120
KEY_LENGTH = 64
TEXT_LENGTH = 10_000
REASON_LENGTH = 500
ADDRESS_LENGTH = 500
BODY_BYTES = 256 * 1024
JSON_DEPTH = 20
JSON_KEYS = 2_000
ALERT_KEYS = 20_000  # of a group of alerts, which can be hundreds
FILE_BYTES = 25 * 1024 * 1024
FILES = 20
DOCUMENT_BYTES = 2 * 1024 * 1024
PAGE_ROWS = 50
COUNTED_ROWS = 1_000
EVENTS_PER_MINUTE = 100_000  # of one source, in one web process
BEATS_PER_MINUTE = 60  # of one beat, in one web process
LINK_NOTES = 30  # of one person on one incident within an hour, through a link without log-in
BOARD_VIEWS = 20  # of one person
API_TOKENS = 20  # usable ones of one person
API_CALLS_PER_MINUTE = 600  # of one token, in one web process
API_CELLS = 500  # in one call
MESSAGES = 10  # to one person on one channel within MESSAGES_SECONDS; the rest is collected into one
MESSAGES_SECONDS = 300
BUNDLED = 500  # messages in one collection
BUNDLE_SHOWN = 30  # of them named, the rest is counted
