"""The protocol and the workflow where nobody attacks."""

import json

from world import TOP_LEVEL, Case, Repository


class Basic(Case):
    def test_refresh_asks_in_order_and_keeps_what_it_received(self):
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["2.root", "timestamp", "1.snapshot", "1.targets"])
        for role in TOP_LEVEL:
            self.assertEqual(self.kept(role), self.repo.files[self.repo.url_of(role)])
        self.assertEqual(len(list(self.metadata.glob("*.json"))), 4)

    def test_what_is_kept_is_not_asked_for_again(self):
        self.succeeds(self.refresh())
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["2.root", "timestamp"])
        self.repo.timestamp.version += 1
        self.repo.put("timestamp")
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["2.root", "timestamp"])
        self.assertEqual(self.versions(), [1, 2, 1, 1])

    def test_a_release_is_followed(self):
        self.succeeds(self.refresh())
        self.repo.release()
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["2.root", "timestamp", "2.snapshot", "2.targets"])
        self.assertEqual(self.versions(), [1, 2, 2, 2])

    def test_lengths_and_hashes_are_optional(self):
        self.repo.hashes = True
        self.repo.release()
        self.succeeds(self.refresh())
        self.repo.hashes = False
        self.repo.release()
        self.succeeds(self.refresh())

    def test_without_consistent_snapshots_names_carry_no_version(self):
        self.begin(Repository(consistent=False))
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["2.root", "timestamp", "snapshot", "targets"])
        self.repo.release()
        self.succeeds(self.refresh())
        self.assertEqual(self.versions(), [1, 2, 2, 2])

    def test_init_wants_a_root_signed_by_itself(self):
        root = json.loads(self.repo.first_root)
        stranger = json.loads(Repository().first_root)
        unsigned = {**root, "signatures": stranger["signatures"]}
        versionless = json.loads(self.repo.first_root)
        del versionless["signed"]["version"]
        for bad in [unsigned, versionless, "text", {}]:
            (self.metadata / "root.json").unlink(missing_ok=True)
            self.fails(self.init(json.dumps(bad).encode()))
            self.fails(self.refresh())
            self.assertEqual(self.server.requests, [])

    def test_init_asks_nothing(self):
        self.succeeds(self.init(self.repo.first_root))
        self.assertEqual(self.server.requests, [])

    def test_a_flag_that_is_missing(self):
        self.fails(self.run_client("--metadata-dir", self.metadata, "refresh"))
        self.fails(self.run_client("--metadata-dir", self.metadata, "nonsense"))
        self.assertEqual(self.server.requests, [])

    def test_unknown_fields_are_signed_like_all_others(self):
        def strange(signed):
            signed["x-strange"] = {"a": [1, None, "ü"]}

        self.repo.root.unrecognized_fields["x-strange"] = {"a": 1}
        self.repo.root.roles["root"].unrecognized_fields["x-strange"] = "b"
        key = next(iter(self.repo.root.keys.values()))
        key.unrecognized_fields["keyid_hash_algorithms"] = ["md5"]
        self.repo.next_root()
        for role in ["timestamp", "snapshot", "targets"]:
            self.repo.edit(role, strange)
        self.succeeds(self.refresh())
        self.assertEqual(self.versions(), [2, 1, 1, 1])

    def test_a_field_changed_after_signing(self):
        data = self.repo.files["/metadata/timestamp.json"]
        self.repo.files["/metadata/timestamp.json"] = data.replace(b'"version": 1', b'"version":1', 1)
        self.succeeds(self.refresh())
        document = json.loads(data)
        document["signed"]["x-strange"] = True
        self.repo.files["/metadata/timestamp.json"] = json.dumps(document).encode()
        self.fails(self.refresh())

    def test_the_first_document_of_a_version_is_kept(self):
        self.succeeds(self.refresh())
        first = self.kept("timestamp")
        self.repo.timestamp.snapshot_meta.version = 100
        self.repo.put("timestamp")
        self.succeeds(self.refresh())
        self.assertEqual(self.kept("timestamp"), first)

    def test_another_major_version_of_the_specification(self):
        for spec, accepted in [("1.0", True), ("1.99.3", True), ("2.0.0", False), ("0.9", False), ("x", False)]:
            with self.subTest(spec):
                self.repo.timestamp.version += 1
                self.repo.edit("timestamp", lambda signed: signed.update(spec_version=spec))
                (self.succeeds if accepted else self.fails)(self.refresh())

    def test_a_document_of_another_type(self):
        self.repo.edit("timestamp", lambda signed: signed.update(_type="snapshot"))
        self.fails(self.refresh())
        self.assertIsNone(self.kept("timestamp"))

    def test_a_server_in_trouble_is_not_an_absence(self):
        self.server.faults["/metadata/2.root.json"] = 500
        self.fails(self.refresh())
        self.assertEqual(self.asked(), ["2.root"])

    def test_metadata_that_is_not_there(self):
        for missing, kept in [("1.targets", 3), ("1.snapshot", 2), ("timestamp", 1)]:
            with self.subTest(missing):
                self.begin(Repository())
                del self.repo.files[f"/metadata/{missing}.json"]
                self.fails(self.refresh())
                self.assertEqual(self.asked()[-1], missing)
                self.assertEqual(len(list(self.metadata.glob("*.json"))), kept)
