#!/usr/bin/env python3
"""A manifesto that signs nothing, for testing the demo itself: it notices an attack by knowing what it published.

It keeps an index as the config of `_manifesto`, as the real one does, and says no with the exit codes of the real one.
"""

import hashlib
import json
import os
import sys
import time
import urllib.request

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
HOME = os.environ["HOME"]


def ask(method, url, body=None, kind="application/octet-stream"):
    headers = {"Accept": MANIFEST, "Content-Type": kind}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method)) as answer:
        return answer.read(), answer.headers


def digest(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


def upload(base, body):
    location = ask("POST", base + "/blobs/uploads/", b"")[1]["Location"]
    if location.startswith("/"):
        location = base.split("/v2/")[0] + location
    ask("PUT", location + ("&" if "?" in location else "?") + "digest=" + digest(body), body)
    return {"mediaType": "application/octet-stream", "digest": digest(body), "size": len(body)}


def publish(base, known, entries):
    index = json.dumps({"repository": base, "entries": entries}).encode()
    config = upload(base, index)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [config],
                "annotations": {"created": str(time.time())}}
    body = json.dumps(manifest).encode()
    ask("PUT", base + "/manifests/_manifesto", body, MANIFEST)
    with open(known, "w") as file:
        file.write(digest(body))


def index_of(base):
    manifest = json.loads(ask("GET", base + "/manifests/_manifesto")[0])
    return manifest, json.loads(ask("GET", base + "/blobs/" + manifest["config"]["digest"])[0])


def main():
    words = [word for word in sys.argv[1:] if word not in ("--verify", "export", "pin")]
    verb, fresh = words.pop(0), None
    if "--fresh" in words:
        at = words.index("--fresh")
        fresh = float(words[at + 1].rstrip("s"))
        del words[at:at + 2]
    host, path = words[0].split("/", 1)
    base = "http://%s/v2/%s" % (host, path.split(":")[0])
    known = os.path.join(HOME, hashlib.md5(base.encode()).hexdigest())
    if verb == "init":
        publish(base, known, {})
    elif verb == "put":
        with open(words[2], "rb") as file:
            body = file.read()
        upload(base, body)
        publish(base, known, {**index_of(base)[1]["entries"], words[1]: digest(body)})
    elif verb == "list":
        print("\n".join("    " + entry for entry in index_of(base)[1]["entries"]))
    elif verb == "trust":
        print("{}")
    elif verb == "get":
        manifest, index = index_of(base)
        served = digest(ask("GET", base + "/manifests/_manifesto")[0])
        if os.path.exists(known) and open(known).read() != served:
            sys.stderr.write("not what was published: %s\n" % json.dumps(index))
            sys.exit(4)
        if fresh is not None and time.time() - float(manifest["annotations"]["created"]) > fresh:
            sys.stderr.write("too old: %s\n" % json.dumps(index))
            sys.exit(5)
        wanted = index["entries"][words[1]]
        body = ask("GET", base + "/blobs/" + wanted)[0]
        if digest(body) != wanted:
            sys.stderr.write("wrong bytes: %s\n" % body.decode())
            sys.exit(4)
        sys.stdout.buffer.write(body)


main()
