"""Fill an empty chat with the same data every time: 5 users, 20 sessions, 36 messages, 36 history events."""

from datetime import UTC, datetime, timedelta

from chat.people import scrypt
from chat.store import database

USERS = ("ada", "bert", "cleo", "dina", "emil")
SESSIONS = 20
MESSAGES = 36
START = datetime(2025, 1, 1, tzinfo=UTC)


def put(collection: str, document: dict) -> None:
    """Write a document under its id, whether or not it is there."""
    database[collection].replace_one({"_id": document["_id"]}, document, upsert=True)


def main() -> None:
    """Write everything; a second run changes nothing."""
    for name in USERS:
        salt = name.encode().ljust(16, b".")
        put("users", {"_id": name, "salt": salt, "password": scrypt(f"{name}-password", salt)})
    for number in range(SESSIONS):
        owner = USERS[number % len(USERS)]
        put("sessions", {"_id": f"s{number:02}", "user": owner, "title": f"Chat {number}", "at": START})
    for number in range(MESSAGES):
        session, at = number % SESSIONS, START + timedelta(minutes=number)
        owner = USERS[session % len(USERS)]
        message = {"_id": f"m{number:02}", "session": f"s{session:02}", "user": owner, "at": at}
        put("messages", {**message, "text": f"Message {number}: grüße, 你好"})
        put(
            "history_events",
            {"_id": f"h{number:02}", "kind": "message", "of": f"m{number:02}", "user": owner, "at": at},
        )
    for collection in ("users", "sessions", "messages", "history_events"):
        print(collection, database[collection].count_documents({}))


if __name__ == "__main__":
    main()
