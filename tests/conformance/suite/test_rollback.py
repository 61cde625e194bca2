"""Rollback and mix-and-match attacks, and the recovery from a fast-forward attack."""

from tuf.api.metadata import MetaFile
from world import Case


class Rollback(Case):
    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.repo.release()
        self.succeeds(self.refresh())

    def test_timestamp(self):
        self.repo.timestamp.version = 3
        self.repo.put("timestamp")
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 4, 4, 4])
        self.assertEqual(self.asked(), ["2.root", "timestamp"])

    def test_snapshot_in_timestamp(self):
        for hashes in [False, True]:
            with self.subTest(hashes=hashes):
                self.repo.hashes = hashes
                self.repo.timestamp.version += 1
                self.repo.snapshot.version = 3
                self.repo.publish()
                self.fails(self.refresh())
                self.assertEqual(self.versions(), [1, 4, 4, 4])
                self.assertEqual(self.asked(), ["2.root", "timestamp"])

    def test_targets_in_snapshot(self):
        for hashes in [False, True]:
            with self.subTest(hashes=hashes):
                self.repo.hashes = hashes
                self.repo.release()
                self.repo.targets.version = 3
                self.repo.publish()
                self.fails(self.refresh())
                self.assertEqual(self.versions()[2:], [4, 4])

    def test_a_role_that_is_no_longer_listed(self):
        self.repo.delegate("targets", "qa")
        self.repo.release()
        self.succeeds(self.refresh())
        self.assertEqual(self.version("snapshot"), 5)
        self.repo.release()
        del self.repo.snapshot.meta["qa.json"]
        self.repo.publish_snapshot()
        self.fails(self.refresh())
        self.assertEqual(self.version("snapshot"), 5)

    def test_an_older_snapshot_under_a_newer_number(self):
        self.repo.release()
        self.repo.files["/metadata/5.snapshot.json"] = self.repo.files["/metadata/4.snapshot.json"]
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 5, 4, 4])

    def test_older_targets_under_a_newer_number(self):
        self.repo.release()
        self.repo.files["/metadata/5.targets.json"] = self.repo.files["/metadata/4.targets.json"]
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 5, 5, 4])


class FastForward(Case):
    """Section 5.3.11: keys are replaced, and with them goes what they had signed."""

    def test_timestamp(self):
        self.repo.timestamp.version = 99999
        self.repo.put("timestamp")
        self.succeeds(self.refresh())
        self.repo.timestamp.version = 2
        self.repo.put("timestamp")
        self.fails(self.refresh())
        self.repo.replace_keys("timestamp")
        self.repo.next_root()
        self.repo.put("timestamp")
        self.succeeds(self.refresh())
        self.assertEqual(self.version("timestamp"), 2)

    def test_snapshot(self):
        self.repo.snapshot.version = 99999
        self.repo.publish()
        self.succeeds(self.refresh())
        self.repo.snapshot.version = 2
        self.repo.timestamp.version = 2
        self.repo.publish()
        self.fails(self.refresh())
        for role in ["snapshot", "timestamp"]:
            self.repo.replace_keys(role)
        self.repo.next_root()
        self.repo.publish()
        self.succeeds(self.refresh())
        self.assertEqual(self.version("snapshot"), 2)

    def test_targets(self):
        self.repo.targets.version = 99999
        self.repo.publish()
        self.succeeds(self.refresh())
        self.repo.release()
        self.repo.targets.version = 2
        self.repo.publish()
        self.fails(self.refresh())
        self.repo.replace_keys("snapshot")
        self.repo.next_root()
        self.repo.release()
        self.succeeds(self.refresh())
        self.assertEqual(self.version("targets"), 3)

    def test_other_keys_are_no_opportunity(self):
        """A key more for timestamp does not make the client forget what the others signed."""
        self.repo.release()
        self.succeeds(self.refresh())
        self.repo.add_key("timestamp")
        self.repo.next_root()
        self.repo.timestamp.version = 1
        self.repo.put("timestamp")
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [2, 2, 2, 2])


class Mixing(Case):
    def setUp(self):
        super().setUp()
        self.repo.hashes = True
        self.repo.release()

    def test_another_snapshot(self):
        self.repo.snapshot.unrecognized_fields["x"] = 1
        self.repo.put("snapshot")
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 2, None, None])

    def test_other_targets(self):
        self.repo.targets.unrecognized_fields["x"] = 1
        self.repo.put("targets")
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 2, 2, None])

    def test_another_delegated_role(self):
        self.repo.delegate("targets", "qa")
        self.repo.add_target("qa", "path", b"content")
        self.repo.release()
        self.repo.delegated["qa"].unrecognized_fields["x"] = 1
        self.repo.put("qa")
        self.fails(self.download("path"))
        self.assertIsNone(self.kept("qa"))

    def test_another_length(self):
        for length in [-1, 1]:
            with self.subTest(length):
                self.repo.release()
                data = self.repo.sign("snapshot")
                self.repo.timestamp.snapshot_meta = MetaFile(self.repo.snapshot.version, len(data) + length)
                self.repo.put("timestamp")
                self.fails(self.refresh())
                self.assertIsNone(self.kept("snapshot"))

    def test_a_document_that_never_ends(self):
        self.repo.hashes = False
        self.repo.release()
        self.repo.files["/metadata/timestamp.json"] += b" " * (16 << 20)
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, None, None, None])

    def test_a_hash_that_nobody_knows(self):
        data = self.repo.sign("snapshot")
        meta = MetaFile(self.repo.snapshot.version, len(data), {"future": "00"})
        self.repo.timestamp.snapshot_meta = meta
        self.repo.put("timestamp")
        self.fails(self.refresh())
        self.assertIsNone(self.kept("snapshot"))

    def test_a_longer_hash(self):
        data = self.repo.sign("snapshot")
        for good in [True, False]:
            with self.subTest(good):
                self.repo.timestamp.version += 1
                meta = MetaFile.from_data(self.repo.snapshot.version, data if good else data[1:], ["sha512"])
                self.repo.timestamp.snapshot_meta = meta
                self.repo.put("timestamp")
                self.begin(self.repo)
                (self.succeeds if good else self.fails)(self.refresh())
