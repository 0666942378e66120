"""The tables of the queue."""

from __future__ import annotations

VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, state TEXT NOT NULL,
    priority INTEGER NOT NULL, position REAL NOT NULL, client TEXT NOT NULL, kind TEXT NOT NULL, grp TEXT NOT NULL,
    created TEXT NOT NULL, started TEXT, ended TEXT, seconds REAL,
    attempts INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0, token INTEGER NOT NULL DEFAULT 0,
    worker TEXT NOT NULL DEFAULT '', cancelling INTEGER NOT NULL DEFAULT 0, last_seq INTEGER NOT NULL DEFAULT 0,
    error BLOB, files BLOB, pruned INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state, priority DESC, position);
CREATE INDEX IF NOT EXISTS runs_by_client ON runs (state, priority, client, position);
CREATE INDEX IF NOT EXISTS runs_by_position ON runs (position);
CREATE INDEX IF NOT EXISTS runs_by_group ON runs (grp) WHERE grp != '';
CREATE TABLE IF NOT EXISTS documents (
    run INTEGER PRIMARY KEY, workflow BLOB NOT NULL, targets BLOB, models BLOB NOT NULL, types BLOB NOT NULL,
    prompt TEXT NOT NULL, record BLOB
);
CREATE TABLE IF NOT EXISTS tags (kind TEXT, value TEXT, run INTEGER, PRIMARY KEY (kind, value, run)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_by_run ON tags (run);
CREATE TABLE IF NOT EXISTS events (
    n INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (run, seq)
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
WORDS = "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text)"
PLAIN_WORDS = "CREATE TABLE IF NOT EXISTS words (text TEXT NOT NULL)"  # where SQLite has no FTS5
