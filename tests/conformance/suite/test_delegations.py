"""The search through delegated roles (TUF specification, section 5.6.7): who is asked, in which order, and for what."""

import hashlib
from urllib.parse import quote

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Delegations, SuccinctRoles, Targets
from world import Case, Repository, in_days

# What is delegated, as (by, to, how); and the roles that a search for a path that nobody signs asks, in order.
GRAPHS = {
    "one": ([("targets", "A")], "A"),
    "two in the order in which they are listed": ([("targets", "B"), ("targets", "A")], "BA"),
    "depth first": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("A", "D"), ("C", "E")], "ACEDB"),
    "nobody after a terminating role": ([("targets", "A", "terminating"), ("targets", "B")], "A"),
    "nobody after a terminating role of a role": (
        [("targets", "A"), ("targets", "B"), ("A", "C", "terminating"), ("A", "D")],
        "AC",
    ),
    "those below a terminating role": (
        [("targets", "A"), ("targets", "B"), ("A", "C", "terminating"), ("C", "D")],
        "ACD",
    ),
    "no other paths": ([("targets", "A", "*.py"), ("targets", "B"), ("A", "C")], "B"),
    "a terminating role of other paths": ([("targets", "A", "*.py", "terminating"), ("targets", "B")], "B"),
    "a circle": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("C", "D"), ("D", "B")], "ABCD"),
    "a role that delegates to itself": ([("targets", "A"), ("A", "A"), ("targets", "B")], "AB"),
    "a role that two delegate to": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C")], "ACB"),
    "a role that two delegate to, one for other paths": (
        [("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C", "*.py")],
        "ABC",
    ),
    "a terminating delegation to a role that was asked": (
        [("targets", "A"), ("targets", "B"), ("targets", "C"), ("B", "A", "terminating")],
        "AB",
    ),
}


class Graphs(Case):
    def test_who_is_asked(self):
        for name, (arrows, order) in GRAPHS.items():
            with self.subTest(name):
                self.begin(Repository())
                for by, to, *how in arrows:
                    paths = [word for word in how if word != "terminating"] or ["*"]
                    self.repo.delegate(by, to, paths, terminating="terminating" in how)
                self.repo.publish()
                self.fails(self.download("path"))
                self.assertEqual(self.asked()[4:], [f"1.{role}" for role in order])

    def test_the_first_that_signs_is_believed(self):
        for role in ["A", "B", "C"]:
            self.repo.delegate("targets", role)
        for role in ["B", "C"]:
            self.repo.add_target(role, "path", f"by {role}".encode())
        self.repo.publish()
        self.succeeds(self.download("path"))
        self.assertEqual(self.downloaded(), [b"by B"])
        self.assertEqual(self.asked()[4:], ["1.A", "1.B"])

    def test_a_role_that_was_asked_is_not_asked_for_another_delegator(self):
        """Not even where that delegator names other keys, with which it would not verify."""
        self.repo.delegate("targets", "A")
        self.repo.delegate("targets", "B")
        self.repo.delegate("B", "A", signer=CryptoSigner.generate_ed25519())
        self.repo.delegate("B", "C")
        self.repo.add_target("C", "path", b"content")
        self.repo.publish()
        self.succeeds(self.download("path"))
        self.assertEqual(self.asked()[4:], ["1.A", "1.B", "1.C"])

    def test_top_level_targets_are_asked_first(self):
        self.repo.delegate("targets", "A", terminating=True)
        self.repo.add_target("A", "path", b"by A")
        self.repo.add_target("targets", "path", b"by targets")
        self.repo.publish()
        self.succeeds(self.download("path"))
        self.assertEqual(self.downloaded(), [b"by targets"])
        self.assertIsNone(self.kept("A"))

    def test_a_role_speaks_for_its_paths_only(self):
        self.repo.delegate("targets", "A", ["a/*"])
        self.repo.delegate("A", "B", ["*"])
        self.repo.delegate("A", "C", ["a/c", "*/d"])
        for role in ["A", "B", "C"]:
            self.repo.add_target(role, "b", b"forged")
            self.repo.add_target(role, "a/b/c", b"forged")
        self.repo.add_target("C", "a/c", b"c")
        self.repo.add_target("C", "a/d", b"d")
        self.repo.publish()
        for path, found in [("b", False), ("a/b/c", False), ("a/c", True), ("a/d", True)]:
            with self.subTest(path):
                (self.succeeds if found else self.fails)(self.download(path))
        self.assertEqual(self.downloaded(), [b"c", b"d"])

    def test_a_damaged_role_elsewhere_is_in_nobodys_way(self):
        self.repo.delegate("targets", "A", ["a/*"])
        self.repo.delegate("targets", "B", ["b/*"])
        self.repo.add_target("B", "b/c", b"content")
        self.repo.publish()
        self.repo.put("A", b"rubbish")
        self.succeeds(self.download("b/c"))
        self.fails(self.download("a/c"))

    def test_what_is_kept_is_not_asked_for_again(self):
        self.repo.delegate("targets", "A")
        self.repo.publish()
        self.fails(self.download("path"))
        self.assertEqual(self.asked()[4:], ["1.A"])
        self.assertEqual(self.kept("A"), self.repo.files["/metadata/1.A.json"])
        self.fails(self.download("path"))
        self.assertEqual(self.asked(), ["2.root", "timestamp"])
        self.repo.release()
        self.fails(self.download("path"))
        self.assertEqual(self.asked()[4:], ["2.A"])


class Bounds(Case):
    def test_ten_thousand_delegations(self):
        """They may be listed, and of those that match some are asked, but nobody is kept busy with all."""
        delegations = Delegations({}, {})
        self.repo.targets.delegations = delegations
        signer = CryptoSigner.generate_ed25519()
        for number in range(10_000):
            self.repo.delegate("targets", f"role{number}", [f"{number}/*"], signer=signer)
        self.repo.delegated = {"role9999": self.repo.delegated["role9999"]}
        self.repo.add_target("role9999", "9999/path", b"content")
        self.repo.publish()
        self.succeeds(self.download("9999/path"))
        for role in delegations.roles.values():
            role.paths = ["*"]
        for number in range(200):
            self.repo.delegated[f"role{number}"] = Targets(expires=in_days(30))
        self.repo.release()
        self.fails(self.download("path"))
        self.assertIn("delegated roles", self.said)
        self.assertLess(len(self.server.requests), 100)

    def test_a_long_chain(self):
        for number in range(100):
            self.repo.delegate(f"role{number - 1}" if number else "targets", f"role{number}")
        self.repo.add_target("role20", "near", b"content")
        self.repo.add_target("role99", "far", b"content")
        self.repo.publish()
        self.succeeds(self.download("near"))
        self.fails(self.download("far"))
        self.assertLess(len(self.server.requests), 100)

    def test_many_keys_are_too_many(self):
        self.repo.delegate("targets", "A")

        def many(signed):
            keys = signed["delegations"]["keys"]
            key = next(iter(keys.values()))
            keys.update({f"{number:064x}": key for number in range(30_000)})

        self.repo.publish()
        self.repo.edit("targets", many)
        self.fails(self.refresh())
        self.assertIsNone(self.kept("targets"))


class Authority(Case):
    def setUp(self):
        super().setUp()
        self.repo.delegate("targets", "A")
        self.repo.add_target("A", "path", b"content")

    def refused(self):
        self.fails(self.download("path"))
        self.assertIsNone(self.kept("A"))
        self.assertEqual(self.downloaded(), [])

    def test_signed_by_somebody_else(self):
        self.repo.signers["A"] = [CryptoSigner.generate_ed25519()]
        self.repo.publish()
        self.refused()

    def test_signed_by_the_delegator(self):
        self.repo.signers["A"] = self.repo.signers["targets"]
        self.repo.publish()
        self.refused()

    def test_too_few_signatures(self):
        self.repo.targets.delegations.roles["A"].threshold = 2
        self.repo.publish()
        self.refused()

    def test_one_key_authorised_twice(self):
        self.repo.targets.delegations.roles["A"].threshold = 2
        self.repo.publish()

        def twice(signed):
            role = signed["delegations"]["roles"][0]
            role["keyids"] = role["keyids"] * 2

        self.repo.edit("targets", twice)
        self.refused()

    def test_a_role_that_snapshot_does_not_list(self):
        self.repo.publish()
        del self.repo.snapshot.meta["A.json"]
        self.repo.publish_snapshot()
        self.refused()
        self.assertNotIn("1.A", self.asked())

    def test_a_role_that_is_not_there(self):
        self.repo.publish()
        del self.repo.files["/metadata/1.A.json"]
        self.refused()

    def test_a_role_of_another_version(self):
        self.repo.publish()
        self.repo.delegated["A"].version = 2
        self.repo.files["/metadata/1.A.json"] = self.repo.sign("A")
        self.refused()

    def test_the_document_of_another_role_under_the_same_key(self):
        """Plain TUF documents do not say for which role they were signed, so a shared key is a shared authority."""
        self.repo.delegate("targets", "B", signer=self.repo.signers["A"][0])
        self.repo.publish()
        self.repo.files["/metadata/1.A.json"] = self.repo.files["/metadata/1.B.json"]
        self.fails(self.download("path"))
        self.assertIsNotNone(self.kept("A"))

    def test_a_role_that_two_delegate_to_with_other_keys(self):
        """What is kept of it was believed for one delegator, and is asked about anew for the other."""
        self.repo.targets.delegations = None
        self.repo.delegate("targets", "B", ["b/*"])
        self.repo.delegate("targets", "C", ["c/*"])
        self.repo.delegate("B", "A", ["*/*"])
        self.repo.delegate("C", "A", ["*/*"], signer=CryptoSigner.generate_ed25519())
        self.repo.add_target("A", "b/path", b"content")
        self.repo.add_target("A", "c/path", b"forged")
        self.repo.publish()
        self.succeeds(self.download("b/path"))
        self.fails(self.download("c/path"))
        self.assertEqual(self.downloaded(), [b"content"])

    def test_a_role_that_is_delegated_to_twice(self):
        self.repo.publish()

        def twice(signed):
            roles = signed["delegations"]["roles"]
            roles.append({**roles[0], "keyids": []})

        self.repo.edit("targets", twice)
        self.fails(self.refresh())
        self.assertIsNone(self.kept("targets"))

    def test_a_role_named_like_a_top_level_one(self):
        self.repo.publish()
        for name in ["root", "timestamp", "snapshot", "targets"]:
            with self.subTest(name):
                self.repo.edit("targets", lambda signed: signed["delegations"]["roles"][0].update(name=name))
                self.fails(self.download("path"))
                self.assertIsNone(self.kept("targets"))


class Names(Case):
    def test_any_text_names_a_role(self):
        for name in ["?", "#", "/role", "../role", "a b", "%2e", "röle", "Role", "1", "root.json", "x" * 100, "a\nb"]:
            with self.subTest(name):
                self.begin(Repository())
                self.repo.delegate("targets", name)
                self.repo.add_target(name, "path", name.encode())
                self.repo.publish()
                self.succeeds(self.download("path"))
                self.assertIn(f"/metadata/1.{quote(name, '')}.json", self.server.requests)
                self.assertIsNotNone(self.kept(name))
                self.assertEqual(len(list(self.metadata.glob("*.json"))), 5)
                self.assertEqual(len(list(self.folder.iterdir())), 3)


class Hashed(Case):
    def test_prefixes_of_a_paths_hash(self):
        paths = [f"path{number}" for number in range(20)]
        digests = {path: hashlib.sha256(path.encode()).hexdigest() for path in paths}
        low = [f"{digit:x}" for digit in range(8)]
        self.repo.delegate("targets", "low", prefixes=low, terminating=True)
        self.repo.delegate("targets", "high", prefixes=["8", "9", "a", "b", "c", "d", "e", "f"])
        for path, digest in digests.items():
            self.repo.add_target("low" if digest[0] in low else "high", path, path.encode())
        self.repo.publish()
        self.succeeds(self.download(*paths))
        self.assertEqual(self.downloaded(), sorted(path.encode() for path in paths))
        self.assertEqual(self.asked()[4:].count("1.low"), 1)

    def test_a_role_signs_for_another_hash(self):
        digest = hashlib.sha256(b"path").hexdigest()
        other = "0" if digest[0] != "0" else "1"
        self.repo.delegate("targets", "A", prefixes=[other])
        self.repo.add_target("A", "path", b"forged")
        self.repo.publish()
        self.fails(self.download("path"))

    def test_both_patterns_and_prefixes(self):
        self.repo.delegate("targets", "A")
        self.repo.add_target("A", "path", b"content")
        self.repo.publish()
        self.repo.edit("targets", lambda signed: signed["delegations"]["roles"][0].update(path_hash_prefixes=["0"]))
        self.fails(self.download("path"))
        self.repo.edit("targets", lambda signed: signed["delegations"]["roles"][0].pop("paths"))
        self.fails(self.download("path"))


class Succinct(Case):
    """TAP 15."""

    def bins(self, bits, prefix="bin"):
        self.begin(Repository())
        signer = CryptoSigner.generate_ed25519()
        roles = SuccinctRoles([], 1, bits, prefix)
        self.repo.targets.delegations = Delegations({}, succinct_roles=roles)
        self.repo.targets.add_key(signer.public_key)
        for name in [roles.get_role_for_target(f"path{number}") for number in range(10)]:
            self.repo.delegated[name] = Targets(expires=in_days(30))
            self.repo.signers[name] = [signer]
        return roles

    def test_a_path_is_in_the_bin_of_its_first_bits(self):
        for bits in [1, 4, 5, 10, 32]:
            with self.subTest(bits):
                roles = self.bins(bits, f"b{bits}")
                for number in range(10):
                    path = f"path{number}"
                    self.repo.add_target(roles.get_role_for_target(path), path, b"%d %d" % (bits, number))
                self.repo.publish()
                self.succeeds(self.download(*(f"path{number}" for number in range(10))))
                expected = sorted(b"%d %d" % (bits, number) for number in range(10))
                self.assertEqual(self.downloaded(), expected)

    def test_a_bin_signs_for_another_bins_path(self):
        roles = self.bins(8)
        own = roles.get_role_for_target("path0")
        other = next(name for name in self.repo.delegated if name != own)
        self.repo.add_target(other, "path0", b"forged")
        self.repo.publish()
        self.fails(self.download("path0"))
        self.assertEqual(self.asked()[4:], [f"1.{own}"])

    def test_more_bits_than_a_bin_can_have(self):
        for bits in [0, 33, -1]:
            with self.subTest(bits):
                self.bins(4)
                self.repo.publish()
                self.repo.edit("targets", lambda signed: signed["delegations"]["succinct_roles"].update(bit_length=bits))
                self.fails(self.refresh())
