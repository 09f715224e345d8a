"""The HTTP interface: health, registration, login, chat sessions and messages."""

import time
from datetime import UTC, datetime

from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from chat import VERSION, people
from chat.store import database, redis


def _timed(check, failure):
    started = time.perf_counter()
    try:
        check()
        state = "ok"
    except failure:
        state = "error"
    return state, round((time.perf_counter() - started) * 1000, 2)


def health(_request):
    """Report whether both stores answer this application's own credentials, and how fast (ms)."""
    data, data_ms = _timed(lambda: database.users.find_one({}, {"_id": 1}), PyMongoError)
    cache, cache_ms = _timed(redis.ping, RedisError)
    healthy = data == cache == "ok"
    body = {
        "status": "healthy" if healthy else "unhealthy",
        "version": VERSION,
        "checks": {"database": data, "redis": cache},
        "latency_ms": {"database": data_ms, "redis": cache_ms},
    }
    return JSONResponse(body, 200 if healthy else 503)


async def _credentials(request):
    given = await request.json()
    return str(given["name"]), str(given["password"])


async def register(request):
    """Register a user: 201, or 409 when the name is taken."""
    made = await run_in_threadpool(people.register, *await _credentials(request))
    return JSONResponse({"registered": made}, 201 if made else 409)


async def login(request):
    """Log in: a token, or 401."""
    token = await run_in_threadpool(people.login, *await _credentials(request))
    return JSONResponse({"token": token}, 200 if token else 401)


def sessions(request):
    """List the caller's chat sessions with the number of their messages, or 401."""
    user = people.user_of(request.headers.get("Authorization", ""))
    if user is None:
        return JSONResponse({"error": "log in first"}, 401)
    found = database.sessions.find({"user": user}).sort("_id")
    listed = [
        {
            "id": row["_id"],
            "title": row["title"],
            "messages": database.messages.count_documents({"session": row["_id"]}),
        }
        for row in found
    ]
    return JSONResponse({"user": user, "sessions": listed})


def _post(user, session, text):
    now = datetime.now(UTC)
    message = database.messages.insert_one({"session": session, "user": user, "text": text, "at": now})
    database.history_events.insert_one(
        {"kind": "message", "of": message.inserted_id, "user": user, "at": now}
    )
    return str(message.inserted_id)


async def post_message(request):
    """Post a message to one of the caller's sessions: 201, 401 or 404."""
    user = await run_in_threadpool(people.user_of, request.headers.get("Authorization", ""))
    if user is None:
        return JSONResponse({"error": "log in first"}, 401)
    session = request.path_params["session"]
    mine = {"_id": session, "user": user}
    if not await run_in_threadpool(database.sessions.find_one, mine):
        return JSONResponse({"error": "no such session"}, 404)
    given = await request.json()
    made = await run_in_threadpool(_post, user, session, str(given["text"]))
    return JSONResponse({"id": made}, 201)


app = Starlette(
    routes=[
        Route("/api/health", health),
        Route("/api/register", register, methods=["POST"]),
        Route("/api/login", login, methods=["POST"]),
        Route("/api/sessions", sessions),
        Route("/api/sessions/{session}/messages", post_message, methods=["POST"]),
    ]
)
