"""A repository that can be bent at every point, a server that remembers what it was asked, and the client under test.

The repository is made with python-tuf, so that what the client accepts was signed by another implementation. Keys and
dates are fresh in every run: the client looks at the clock.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

TOP_LEVEL = ["root", "timestamp", "snapshot", "targets"]


def in_days(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).replace(microsecond=0)


PRIVATE = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def signer_of(private, keyid=None, **fields):
    """A key pair whose public half is listed under another id, or says something else about itself."""
    key = SSlibKey.from_crypto(private.public_key())
    return CryptoSigner(private, SSlibKey(keyid or key.keyid, **{**key.to_dict(), **fields}))


class Repository:
    """What its owners mean to publish, and `files`: what the server has, by URL path."""

    def __init__(self, consistent=True):
        expires = in_days(30)
        self.root = Root(expires=expires, consistent_snapshot=consistent)
        self.timestamp = Timestamp(expires=expires)
        self.snapshot = Snapshot(expires=expires)
        self.targets = Targets(expires=expires)
        self.delegated = {}
        self.signers = {}
        self.hashes = False
        self.files = {}
        for role in TOP_LEVEL:
            self.add_key(role)
        self.put("root")
        self.first_root = self.files["/metadata/1.root.json"]
        self.publish()

    def document(self, role):
        return getattr(self, role) if role in TOP_LEVEL else self.delegated[role]

    def add_key(self, role, signer=None):
        """Lets one more key sign for a top-level role; in force with the next root."""
        signer = signer or CryptoSigner.generate_ed25519()
        self.root.add_key(signer.public_key, role)
        self.signers.setdefault(role, []).append(signer)
        return signer

    def replace_keys(self, role):
        """Gives a top-level role one new key in the place of all others."""
        for keyid in list(self.root.roles[role].keyids):
            self.root.revoke_key(keyid, role)
        self.signers[role] = []
        return self.add_key(role)

    def sign(self, role, document=None):
        """The bytes of a role's document."""
        metadata = Metadata(document or self.document(role))
        for signer in self.signers.get(role, []):
            metadata.sign(signer, append=True)
        return metadata.to_bytes(JSONSerializer())

    def url_of(self, role):
        version = self.document(role).version
        versioned = role == "root" or (role != "timestamp" and self.root.consistent_snapshot)
        return f"/metadata/{f'{version}.' if versioned else ''}{quote(role, '')}.json"

    def put(self, role, data=None):
        self.files[self.url_of(role)] = data or self.sign(role)
        return self.files[self.url_of(role)]

    def edit(self, role, change):
        """Publishes a role's document after `change` has edited its signed part, signed as it is then."""
        signed = self.document(role).to_dict()
        change(signed)
        message = encode_canonical(signed).encode()
        signatures = [signer.sign(message).to_dict() for signer in self.signers[role]]
        return self.put(role, json.dumps({"signed": signed, "signatures": signatures}).encode())

    def meta_of(self, role, data):
        version = self.document(role).version
        if not self.hashes:
            return MetaFile(version)
        return MetaFile.from_data(version, data, ["sha256"])

    def publish(self):
        """Signs and serves everything but root, in the versions that the documents have."""
        self.snapshot.meta = {
            f"{role}.json": self.meta_of(role, self.put(role)) for role in ["targets", *self.delegated]
        }
        self.publish_snapshot()

    def publish_snapshot(self):
        self.timestamp.snapshot_meta = self.meta_of("snapshot", self.put("snapshot"))
        self.put("timestamp")

    def release(self):
        """The next version of everything but root."""
        for role in ["timestamp", "snapshot", "targets", *self.delegated]:
            self.document(role).version += 1
        self.publish()

    def next_root(self, also=()):
        """The next root, signed by its own keys and by `also`."""
        self.root.version += 1
        own = self.signers["root"]
        self.signers["root"] = [*own, *(signer for signer in also if signer not in own)]
        self.put("root")
        self.signers["root"] = own

    def delegate(self, by, name, paths=("*",), terminating=False, prefixes=None, signer=None, threshold=1):
        """Delegates to a role, which is made if there is none of that name."""
        signer = signer or self.signers.get(name, [None])[0] or CryptoSigner.generate_ed25519()
        delegator = self.document(by)
        delegator.delegations = delegator.delegations or Delegations({}, {})
        paths = None if prefixes else list(paths)
        delegator.delegations.roles[name] = DelegatedRole(name, [], threshold, terminating, paths, prefixes)
        delegator.add_key(signer.public_key, name)
        self.signers.setdefault(name, [signer])
        self.delegated.setdefault(name, Targets(expires=in_days(30)))
        return signer

    def add_target(self, role, path, content, algorithms=("sha256",), base="/targets/"):
        target = TargetFile.from_data(path, content, list(algorithms))
        self.document(role).targets[path] = target
        folder, slash, name = path.rpartition("/")
        for digest in target.hashes.values() if self.root.consistent_snapshot else [None]:
            url = f"{quote(folder)}{slash}{f'{digest}.' if digest else ''}{quote(name, '')}"
            self.files[base + url] = content


class Server:
    """Serves a repository's files on the loopback interface and keeps a list of the requests."""

    def __init__(self):
        self.repository = None
        self.requests = []
        self.faults = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append(self.path)
                status, data = 200, server.repository.files.get(self.path)
                if self.path in server.faults:
                    status, data = server.faults[self.path], b"fault"
                elif data is None:
                    status, data = 404, b"not found"
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # It has seen enough.

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.http.server_port}"


class Case(unittest.TestCase):
    """A repository, a server for it and a client that has trusted its first root."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.http.server_close)
        cls.addClassCleanup(cls.server.http.shutdown)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.metadata, self.downloads = self.folder / "metadata", self.folder / "downloads"
        self.metadata.mkdir()
        self.downloads.mkdir()
        self.server.faults = {}
        self.begin(Repository())

    def begin(self, repository):
        """Starts over with another repository."""
        self.repo = self.server.repository = repository
        shutil.rmtree(self.metadata)
        self.metadata.mkdir()
        self.assertEqual(self.init(repository.first_root), 0, self.said)
        self.server.requests.clear()

    def run_client(self, *arguments, days=0):
        command = [*os.environ["CLIENT"].split("\n"), *map(str, arguments)]
        if days:
            command = ["faketime", "-f", f"+{days}d", *command]
        found = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        self.said = found.stderr.decode()
        self.assertIn(found.returncode, [0, 1], self.said)
        return found.returncode

    def init(self, root):
        file = self.folder / "trusted.json"
        file.write_bytes(root)
        return self.run_client("--metadata-dir", self.metadata, "init", file)

    def refresh(self, days=0):
        """The exit code of a refresh, and what it asked for."""
        self.server.requests.clear()
        url = f"{self.server.base}/metadata"
        return self.run_client("--metadata-dir", self.metadata, "--metadata-url", url, "refresh", days=days)

    def download(self, *paths, days=0):
        self.server.requests.clear()
        names = [argument for path in paths for argument in ("--target-name", path)]
        return self.run_client(
            *("--metadata-dir", self.metadata, "--metadata-url", f"{self.server.base}/metadata"),
            *names,
            *("--target-base-url", f"{self.server.base}/targets", "--target-dir", self.downloads, "download"),
            days=days,
        )

    def kept(self, role):
        """The document of a role that the client keeps, or none."""
        file = self.metadata / f"{quote(role, '')}.json"
        return file.read_bytes() if file.exists() else None

    def version(self, role):
        kept = self.kept(role)
        return kept and json.loads(kept)["signed"]["version"]

    def versions(self):
        """Of root, timestamp, snapshot and targets."""
        return [self.version(role) for role in TOP_LEVEL]

    def downloaded(self):
        """The contents of the downloads' folder, whatever the files are called."""
        return sorted(file.read_bytes() for file in self.downloads.rglob("*") if file.is_file())

    def asked(self):
        """The metadata that was asked for, without folder and ending."""
        prefix, suffix = "/metadata/", ".json"
        return [url[len(prefix) : -len(suffix)] for url in self.server.requests if url.startswith(prefix)]

    def succeeds(self, code):
        self.assertEqual(code, 0, self.said)

    def fails(self, code):
        self.assertEqual(code, 1, f"it succeeded: {self.server.requests}")
