"""Fetching targets (TUF specification, section 5.7)."""

from world import Case, Repository


class Download(Case):
    def offer(self, path, content, **how):
        self.repo.add_target("targets", path, content, **how)
        self.repo.release()

    def test_a_target_is_fetched_by_its_hash(self):
        for path in ["file.txt", "a/path/to/file.txt"]:
            with self.subTest(path):
                self.offer(path, path.encode())
                self.succeeds(self.download(path))
        self.assertEqual(self.downloaded(), [b"a/path/to/file.txt", b"file.txt"])

    def test_without_consistent_snapshots_the_name_carries_no_hash(self):
        self.begin(Repository(consistent=False))
        self.offer("a/file.txt", b"content")
        self.succeeds(self.download("a/file.txt"))
        self.assertIn("/targets/a/file.txt", self.server.requests)
        self.assertEqual(self.downloaded(), [b"content"])

    def test_several_at_once(self):
        self.offer("a", b"1")
        self.offer("b", b"2")
        self.succeeds(self.download("a", "b"))
        self.assertEqual(self.downloaded(), [b"1", b"2"])
        self.fails(self.download("a", "absent"))

    def test_what_is_here_is_not_fetched_again(self):
        self.offer("file", b"content")
        self.succeeds(self.download("file"))
        self.assertEqual(len(self.fetched()), 1)
        self.succeeds(self.download("file"))
        self.assertEqual(self.fetched(), [])
        (place,) = [file for file in self.downloads.rglob("*") if file.is_file()]
        place.write_bytes(b"damaged")
        self.succeeds(self.download("file"))
        self.assertEqual(len(self.fetched()), 1)
        self.assertEqual(self.downloaded(), [b"content"])

    def fetched(self):
        return [url for url in self.server.requests if url.startswith("/targets/")]

    def test_a_new_value_takes_the_place_of_the_old_one(self):
        for value in [b"one", b"two", b"three"]:
            self.offer("a/file", value)
            self.succeeds(self.download("a/file"))
            self.assertEqual(self.downloaded(), [value])

    def test_wrong_bytes_are_not_kept(self):
        self.offer("file", b"content")
        (url,) = [url for url in self.repo.files if url.startswith("/targets/")]
        for forged in [b"CONTENT", b"content and more", b"conten", b"", b"x" * (8 << 20)]:
            with self.subTest(forged[:20]):
                self.repo.files[url] = forged
                self.fails(self.download("file"))
                self.assertEqual(self.downloaded(), [])
        self.repo.files[url] = b"content"
        self.succeeds(self.download("file"))
        self.offer("file", b"second")
        for url in self.repo.files:
            if url.startswith("/targets/"):
                self.repo.files[url] = b"forged"
        self.fails(self.download("file"))
        self.assertEqual(self.downloaded(), [b"content"])

    def test_what_is_signed_but_not_there(self):
        self.offer("file", b"content")
        self.repo.files = {url: data for url, data in self.repo.files.items() if not url.startswith("/targets/")}
        self.fails(self.download("file"))
        self.assertEqual(self.downloaded(), [])

    def test_nobody_signs_for_it(self):
        self.fails(self.download("absent"))
        self.assertEqual(self.asked(), ["2.root", "timestamp", "1.snapshot", "1.targets"])
        self.assertEqual(self.versions(), [1, 1, 1, 1])

    def test_nothing_is_fetched_on_metadata_that_does_not_verify(self):
        self.offer("file", b"content")
        self.repo.put("timestamp", b"rubbish")
        self.fails(self.download("file"))
        self.assertEqual(self.fetched(), [])

    def test_a_longer_hash(self):
        self.offer("file", b"content", algorithms=["sha512"])
        self.succeeds(self.download("file"))
        for url in self.fetched():
            self.repo.files[url] = b"CONTENT"
        for file in self.downloads.rglob("*"):
            file.unlink()
        self.fails(self.download("file"))
        self.assertEqual(self.downloaded(), [])

    def test_every_hash_is_compared(self):
        self.offer("file", b"content", algorithms=["sha256", "sha512"])
        self.succeeds(self.download("file"))
        self.repo.targets.targets["file"].hashes["sha512"] = "00" * 64
        self.repo.release()
        for file in self.downloads.rglob("*"):
            file.unlink()
        self.fails(self.download("file"))
        self.assertEqual(self.downloaded(), [])

    def test_a_hash_that_nobody_knows(self):
        self.offer("file", b"content")
        self.repo.targets.targets["file"].hashes = {"future": "00"}
        self.repo.release()
        self.fails(self.download("file"))
        self.assertEqual(self.fetched(), [])

    def test_paths_of_any_text(self):
        for path in ["a b/c d", "a?b", "a#b", "%41", "ü/ö", "../../outside", "/rooted", "a//b"]:
            with self.subTest(path):
                self.offer(path, path.encode())
                kept = self.downloaded()
                self.download(path)
                self.assertIn(self.downloaded(), [kept, sorted([*kept, path.encode()])])
                self.assertEqual(sorted(file.name for file in self.folder.iterdir()), ["downloads", "metadata", "trusted.json"])
        for path in ["a b/c d", "a?b", "a#b", "%41", "ü/ö"]:
            self.assertIn(path.encode(), self.downloaded())

    def test_an_empty_target(self):
        self.offer("file", b"")
        self.succeeds(self.download("file"))
        self.assertEqual(self.downloaded(), [b""])
