"""Stand-ins of mongodump and mongorestore, which cannot be had here, with the options that gonogo gives.

They write and read an archive of their own: the first and the last bytes are those of mongodump's, between
which the collections lie as raw BSON, one after another. So tests show how the tools are called, and what is
made of how they end; not that mongorestore reads what mongodump wrote.

``/tmp/plan`` in the container says what goes wrong: ``lose`` (documents are left out), ``hang`` (nothing more
comes), ``slow`` (a pause before each collection).
"""

from __future__ import annotations

_SHARED = """#!/usr/bin/env python3
import json, os, re, struct, sys, time
from bson import json_util
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
BEGIN, END, BUCKETS = bytes.fromhex("6de29981"), bytes.fromhex("ffffffff"), "system.buckets."
if "--version" in sys.argv:
    sys.exit(0)
given = [one.partition("=")[::2] for one in sys.argv[1:]]
options = dict(given)
plan = open("/tmp/plan").read() if os.path.exists("/tmp/plan") else ""
client = MongoClient(json.loads(open(options["--config"]).read().partition(": ")[2]))
def say(text):
    print("2026-01-02T03:04:05.678+0000\\t" + text, file=sys.stderr, flush=True)
"""

MONGODUMP = (
    _SHARED
    + """
out = sys.stdout.buffer
def write(space, about, batches):
    head = json_util.dumps({"ns": space, **about}, json_options=json_util.CANONICAL_JSON_OPTIONS).encode()
    out.write(struct.pack("<I", len(head)) + head)
    for batch in batches:
        out.write(batch)
        if plan == "hang":
            out.flush()
            time.sleep(600)
    out.write(struct.pack("<I", 0))
    out.flush()
    say("done dumping " + space)
def without(batches):
    for batch in batches:
        at = 0
        while at < len(batch):
            size = struct.unpack_from("<i", batch, at)[0]
            if RawBSONDocument(batch[at:at + size])["_id"] not in (7, 8):
                yield batch[at:at + size]
            at += size
name = options["--db"]
db = client[name]
out.write(BEGIN)
for one in sorted(db.list_collections(), key=lambda one: one["name"]):
    if one["name"].startswith("system.") and one["name"] != "system.js":
        continue
    if plan.startswith("slow"):
        time.sleep(float(plan.split()[1]))
    form = one.get("type", "collection")
    stored = "" if form == "view" else (BUCKETS if form == "timeseries" else "") + one["name"]
    indexes = [dict(index) for index in db[one["name"]].list_indexes()] if stored else []
    batches = db[stored].find_raw_batches(batch_size=20_000) if stored else ()
    about = {"options": one.get("options", {}), "indexes": indexes, "stored": stored, "name": one["name"]}
    write(name + "." + one["name"], about, without(batches) if plan == "lose" else batches)
if "--dumpDbUsersAndRoles" in options:
    for kind in ("users", "roles"):
        rows = client.admin["system." + kind].find_raw_batches({"db": name})
        write("admin.system." + kind, {"account": kind}, rows)
out.write(END)
"""
)

MONGORESTORE = (
    _SHARED
    + """
source = sys.stdin.buffer
def fail(why):
    say("Failed: " + why)
    sys.exit(1)
def exactly(size):
    found = source.read(size)
    if len(found) != size:
        fail("stream or file does not appear to be a mongodump archive")
    return found
def fits(space, wanted):
    for key, pattern in given:
        parts = re.findall(r"[\\\\](.)|([*])|(.)", pattern, re.DOTALL)
        regex = "".join(".*" if star else re.escape(kept or plain) for kept, star, plain in parts)
        if key == wanted and re.fullmatch(regex, space, re.DOTALL):
            return True
    return False
def matches(space):
    of_db = "--db" in options and space.startswith(options["--db"] + ".")
    return (of_db or fits(space, "--nsInclude")) and not fits(space, "--nsExclude")
def documents():
    batch, size = [], 0
    while length := struct.unpack("<I", head := exactly(4))[0]:
        batch.append(RawBSONDocument(head + exactly(length - 4)))
        size += length
        if size > 8_000_000 or len(batch) >= 10_000:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
if exactly(4) != BEGIN:
    fail("stream or file does not appear to be a mongodump archive")
views, accounts = [], set()
while (size := exactly(4)) != END:
    about = json_util.loads(exactly(struct.unpack("<I", size)[0]))
    if plan == "hang":
        time.sleep(600)
    if plan.startswith("slow"):
        time.sleep(float(plan.split()[1]))
        say("restoring " + about["ns"])
    if "account" in about:
        place = client.admin["temp" + about["account"]]
        for batch in documents():
            if "--restoreDbUsersAndRoles" in options:
                place.insert_many(batch)
                accounts.add(about["account"])
        continue
    database, _, name = about["ns"].partition(".")
    into = options.get("--nsTo", database + ".*").removesuffix(".*")
    wanted = matches(about["ns"])
    if wanted and not about["stored"]:
        views.append((into, name, about["options"]))
    elif wanted and not name.startswith("system."):
        client[into].command("create", name, **about["options"])
    for batch in documents():
        if wanted:
            client[into][about["stored"]].insert_many(batch, ordered=False, bypass_document_validation=True)
    indexes = [one for one in about["indexes"] if one["name"] != "_id_" and not one.get("clustered")]
    if wanted and indexes:
        client[into].command("createIndexes", name, indexes=indexes)
for into, name, about in views:
    client[into].command("create", name, **about)
if accounts:
    merged = {"tempUsersCollection": "admin.tempusers" if "users" in accounts else ""}
    merged["tempRolesCollection"] = "admin.temproles" if "roles" in accounts else ""
    client.admin.command("_mergeAuthzCollections", db=options["--db"], drop=False, **merged)
    for kind in accounts:
        client.admin["temp" + kind].drop()
"""
)
