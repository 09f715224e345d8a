"""The shop of the documents: a page that counts orders, and the database that holds them."""

from __future__ import annotations

EXAMPLE = "DB_USER=shop\nDB_PASSWORD=change-me\n"
ENV = "DB_USER=shop\nDB_PASSWORD=a-password-of-the-lab\n"

COMPOSE = """
services:
  db:
    image: gonogo-lab/mongo:latest
    environment:
      MONGO_INITDB_ROOT_USERNAME: ${DB_USER:?}
      MONGO_INITDB_ROOT_PASSWORD: ${DB_PASSWORD:?}
      MONGO_INITDB_DATABASE: shop
    volumes: ["db-data:/data/db"]
    healthcheck: {test: ["CMD", "mongo-ping"], start_period: 60s, start_interval: 1s, interval: 10s}
  web:
    image: shop-web
    build: .
    environment: {DB_USER: "${DB_USER:?}", DB_PASSWORD: "${DB_PASSWORD:?}"}
    ports: ["8080:8000"]
    depends_on: {db: {condition: service_healthy}}
    healthcheck:
      test: ["CMD", "curl", "-fsS", "http://127.0.0.1:8000/health"]
      start_period: 60s
      start_interval: 1s
      interval: 10s
volumes:
  db-data: {}
"""

APP = """
import os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pymongo import MongoClient

shop = MongoClient("db", username=os.environ["DB_USER"], password=os.environ["DB_PASSWORD"]).shop
VERSION, BROKEN, WARM_UP_S = 1, False, 0
STARTED = time.monotonic()

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        asked, orders = self.path != "/health", shop.orders.count_documents({})
        text = f"shop {VERSION}, {orders} orders" if asked else "well"
        cold = time.monotonic() < STARTED + WARM_UP_S
        self.send_response(500 if (BROKEN if asked else cold) else 200)
        self.end_headers()
        self.wfile.write(text.encode())

ThreadingHTTPServer(("", 8000), Page).serve_forever()
"""
DOCKERFILE = 'FROM gonogo-lab/python:latest\nCOPY app.py /\nCMD ["python", "/app.py"]\n'
FILES = {
    "compose.yaml": COMPOSE,
    "Dockerfile": DOCKERFILE,
    ".gitignore": ".env.production\n",
    ".env.example": EXAMPLE,
    "CHANGELOG.md": "- Customers can order.\n",
    "app.py": APP,
}
ORDERS = """
import os
from pymongo import MongoClient

client = MongoClient("db", username=os.environ["DB_USER"], password=os.environ["DB_PASSWORD"])
client.shop.orders.insert_many([{} for _ in range(7)])
"""
