"""Reads targets of a TUF repository on disk with python-tuf's client, as an independent second opinion.

Arguments: the folder of metadata, the folder of targets, the trusted root, a folder to work in, target paths.
Prints one JSON object: each path with the sha256 of what was downloaded, or null if nobody signs for it.
"""

import hashlib
import json
import pathlib
import sys
import urllib.parse

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater


class Files(FetcherInterface):
    """Serves file: URLs, and says that a file is missing in the way in which the client ends the chain of roots."""

    def _fetch(self, url):
        path = pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path))
        if not path.is_file():
            raise DownloadHTTPError(f"no {path.name}", 404)
        return iter([path.read_bytes()])


def main():
    metadata, targets, root, work, *paths = sys.argv[1:]
    state, downloads = pathlib.Path(work, "state"), pathlib.Path(work, "downloads")
    state.mkdir()
    downloads.mkdir()
    updater = Updater(
        str(state),
        pathlib.Path(metadata).as_uri(),
        str(downloads),
        pathlib.Path(targets).as_uri(),
        fetcher=Files(),
        bootstrap=pathlib.Path(root).read_bytes(),
    )
    updater.refresh()
    found = {}
    for path in paths:
        info = updater.get_targetinfo(path)
        if info is None:
            found[path] = None
            continue
        content = pathlib.Path(updater.download_target(info)).read_bytes()
        found[path] = hashlib.sha256(content).hexdigest()
    print(json.dumps(found))


main()
