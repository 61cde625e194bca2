"""The chain of roots (TUF specification, section 5.3)."""

from world import PRIVATE, Case, in_days, signer_of


class Root(Case):
    def rotate(self):
        """A root with another key, signed by the former one as well."""
        former = list(self.repo.signers["root"])
        self.repo.replace_keys("root")
        self.repo.next_root(also=former)

    def test_every_root_on_the_way_is_followed(self):
        for _ in range(4):
            self.rotate()
        self.succeeds(self.refresh())
        self.assertEqual(self.asked()[:5], ["2.root", "3.root", "4.root", "5.root", "6.root"])
        self.assertEqual(self.version("root"), 5)
        self.assertEqual(self.kept("root"), self.repo.files["/metadata/5.root.json"])

    def test_a_root_is_kept_as_soon_as_it_is_trusted(self):
        self.rotate()
        self.rotate()
        self.repo.files["/metadata/4.root.json"] = b"rubbish"
        self.fails(self.refresh())
        self.assertEqual(self.version("root"), 3)
        self.assertIsNone(self.kept("timestamp"))

    def test_a_root_is_the_very_next_version(self):
        for version in [1, 3, 4]:
            with self.subTest(version):
                self.repo.root.version = version
                self.repo.files["/metadata/2.root.json"] = self.repo.sign("root")
                self.fails(self.refresh())
                self.assertEqual(self.version("root"), 1)

    def test_a_root_without_its_own_keys(self):
        former = list(self.repo.signers["root"])
        self.repo.replace_keys("root")
        self.repo.signers["root"] = []
        self.repo.next_root(also=former)
        self.fails(self.refresh())
        self.assertEqual(self.version("root"), 1)

    def test_a_root_without_the_former_keys(self):
        self.repo.replace_keys("root")
        self.repo.next_root()
        self.fails(self.refresh())
        self.assertEqual(self.version("root"), 1)

    def test_a_root_without_the_former_threshold(self):
        second = self.repo.add_key("root")
        self.repo.root.roles["root"].threshold = 2
        self.repo.next_root()
        self.succeeds(self.refresh())
        self.assertEqual(self.version("root"), 2)
        self.repo.root.roles["root"].threshold = 1
        self.repo.signers["root"] = [second]
        self.repo.next_root()
        self.fails(self.refresh())
        self.assertEqual(self.version("root"), 2)

    def test_a_root_without_its_own_threshold(self):
        self.repo.root.roles["root"].threshold = 2
        self.repo.next_root()
        self.fails(self.refresh())
        self.assertEqual(self.version("root"), 1)

    def test_a_threshold_of_several(self):
        for _ in range(3):
            self.repo.add_key("root")
        self.repo.root.roles["root"].threshold = 3
        self.repo.signers["root"].pop()
        self.repo.next_root()
        self.repo.next_root()
        self.succeeds(self.refresh())
        self.assertEqual(self.version("root"), 3)

    def test_keys_of_the_other_roles_are_replaced(self):
        self.succeeds(self.refresh())
        for role in ["timestamp", "snapshot", "targets"]:
            with self.subTest(role):
                stolen = self.repo.signers[role]
                self.repo.replace_keys(role)
                self.repo.next_root()
                self.repo.release()
                self.succeeds(self.refresh())
                kept = self.versions()
                self.repo.signers[role], own = stolen, self.repo.signers[role]
                self.repo.release()
                self.fails(self.refresh())
                self.assertEqual(self.version(role), kept[1])
                self.repo.signers[role] = own

    def test_an_expired_root_on_the_way(self):
        self.repo.root.expires = in_days(-1)
        self.repo.next_root()
        self.repo.root.expires = in_days(30)
        self.repo.next_root()
        self.succeeds(self.refresh())
        self.assertEqual(self.version("root"), 3)

    def test_snapshots_become_consistent(self):
        self.repo.root.consistent_snapshot = False
        self.repo.next_root()
        self.repo.publish()
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["2.root", "3.root", "timestamp", "snapshot", "targets"])
        self.repo.root.consistent_snapshot = True
        self.repo.next_root()
        self.repo.release()
        self.succeeds(self.refresh())
        self.assertEqual(self.asked(), ["3.root", "4.root", "timestamp", "2.snapshot", "2.targets"])

    def test_a_root_that_is_too_large(self):
        self.repo.root.unrecognized_fields["x"] = "x" * (2 << 20)
        self.repo.next_root()
        self.fails(self.refresh())
        self.assertEqual(self.version("root"), 1)


class Thresholds(Case):
    """At snapshot; the same function counts for every role."""

    def refused(self):
        self.repo.next_root()
        self.repo.release()
        self.fails(self.refresh())
        self.assertEqual(self.version("timestamp"), 2)
        self.assertIsNone(self.kept("snapshot"))

    def test_too_few(self):
        self.repo.add_key("snapshot")
        self.repo.signers["snapshot"].pop()
        self.repo.root.roles["snapshot"].threshold = 2
        self.refused()

    def test_more_than_there_are_keys(self):
        self.repo.root.roles["snapshot"].threshold = 2
        self.refused()

    def test_a_key_that_root_lists_but_not_for_this_role(self):
        self.repo.root.roles["snapshot"].threshold = 2
        self.repo.signers["snapshot"] += self.repo.signers["timestamp"]
        self.refused()

    def test_an_authorised_id_without_a_key(self):
        self.repo.root.roles["snapshot"].keyids.append("ab" * 32)
        self.repo.next_root()
        self.repo.release()
        self.succeeds(self.refresh())

    def test_one_public_key_under_many_ids(self):
        private = PRIVATE["ecdsa"]()
        for number in range(9):
            self.repo.add_key("snapshot", signer_of(private, f"{number:064x}"))
        self.repo.root.roles["snapshot"].threshold = 3
        self.refused()
        self.repo.root.roles["snapshot"].threshold = 2
        self.repo.next_root()
        self.repo.release()
        self.succeeds(self.refresh())

    def test_one_key_authorised_twice(self):
        role = self.repo.root.roles["snapshot"]
        role.threshold = 2
        keyid = role.keyids[0]

        def twice(signed):
            signed["roles"]["snapshot"]["keyids"] = [keyid, keyid]

        self.repo.root.version = 2
        self.repo.edit("root", twice)
        self.repo.release()
        self.fails(self.refresh())
        self.assertIsNone(self.kept("snapshot"))

    def test_one_signature_twice(self):
        self.repo.add_key("snapshot")
        self.repo.root.roles["snapshot"].threshold = 2
        self.repo.next_root()
        self.repo.signers["snapshot"] = [self.repo.signers["snapshot"][0]] * 2
        self.repo.release()
        signed = self.repo.edit("snapshot", lambda _: None)
        self.assertEqual(signed.count(b'"sig"'), 2)
        self.fails(self.refresh())
        self.assertIsNone(self.kept("snapshot"))
