"""Kinds of keys, and ids that are not what anyone would compute."""

import json
import shutil

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import SSlibKey
from world import PRIVATE, Case, Repository, signer_of


class Kinds(Case):
    def accepts(self, signer):
        """Whether a release is, in which this signer alone speaks for timestamp."""
        self.repo.root.revoke_key(self.repo.root.roles["timestamp"].keyids[0], "timestamp")
        self.repo.signers["timestamp"] = []
        self.repo.add_key("timestamp", signer)
        self.repo.next_root()
        self.repo.release()
        return self.refresh()

    def test_the_kinds_that_the_specification_names(self):
        for kind, make in PRIVATE.items():
            with self.subTest(kind):
                self.succeeds(self.accepts(signer_of(make())))

    def test_rsa_by_the_scheme_that_the_specification_does_not_name(self):
        scheme = "rsa-pkcs1v15-sha256"
        signer = signer_of(PRIVATE["rsa"](), scheme=scheme)
        self.succeeds(self.accepts(signer))
        self.repo.signers["timestamp"] = [signer_of(PRIVATE["rsa"](), signer.public_key.keyid, scheme=scheme)]
        self.repo.release()
        self.fails(self.refresh())
        self.assertEqual(self.version("timestamp"), 2)

    def test_ecdsa_by_its_former_name(self):
        self.succeeds(self.accepts(signer_of(PRIVATE["ecdsa"](), keytype="ecdsa-sha2-nistp256")))

    def test_an_id_that_is_not_the_hash(self):
        self.succeeds(self.accepts(signer_of(PRIVATE["ed25519"](), "0" * 64)))
        self.succeeds(self.accepts(signer_of(PRIVATE["ed25519"](), "a key")))

    def test_rsa_of_too_few_bits(self):
        private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        self.fails(self.accepts(signer_of(private)))
        self.assertEqual(self.version("timestamp"), None)

    def test_a_signature_by_another_key_of_the_same_kind(self):
        for kind, make in PRIVATE.items():
            with self.subTest(kind):
                signer = signer_of(make())
                forger = signer_of(make(), signer.public_key.keyid)
                self.succeeds(self.accepts(signer))
                kept = self.version("timestamp")
                self.repo.signers["timestamp"] = [forger]
                self.repo.release()
                self.fails(self.refresh())
                self.assertEqual(self.version("timestamp"), kept)
                self.repo.signers["timestamp"] = [signer]

    def test_rsa_with_the_padding_of_another_scheme(self):
        private = PRIVATE["rsa"]()
        self.succeeds(self.accepts(signer_of(private)))
        self.repo.timestamp.version += 1
        signed = self.repo.timestamp.to_dict()
        message = encode_canonical(signed).encode()
        signature = private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        signatures = [{"keyid": self.repo.signers["timestamp"][0].public_key.keyid, "sig": signature.hex()}]
        self.repo.put("timestamp", json.dumps({"signed": signed, "signatures": signatures}).encode())
        self.fails(self.refresh())


class Unknown(Case):
    """A key of a kind that nobody knows yet."""

    def unknown(self):
        return SSlibKey("f" * 64, "future", "future-1", {"public": "00"})

    def test_it_stands_in_nobodys_way(self):
        key = self.unknown()
        for role in ["root", "timestamp", "snapshot", "targets"]:
            self.repo.root.add_key(key, role)
        self.repo.next_root()
        self.repo.release()
        self.succeeds(self.refresh())
        self.assertEqual(self.versions(), [2, 2, 2, 2])

    def test_it_does_not_count(self):
        self.repo.root.add_key(self.unknown(), "timestamp")
        self.repo.root.roles["timestamp"].threshold = 2
        self.repo.next_root()
        self.fails(self.refresh())

    def test_a_curve_that_the_specification_does_not_name(self):
        self.repo.add_key("timestamp", signer_of(ec.generate_private_key(ec.SECP521R1())))
        self.repo.publish()
        self.repo.next_root()
        self.succeeds(self.refresh())
        self.repo.root.roles["timestamp"].threshold = 2
        self.repo.next_root()
        self.fails(self.refresh())


class Repeated(Case):
    """A document with two signatures under one key id is invalid, whatever they are worth (section 4.2)."""

    def repeat(self, role, first, keyid=None):
        """Serves a role's document with one more signature, under an id that has one."""
        document = json.loads(self.repo.files[self.repo.url_of(role)])
        signatures = document["signatures"]
        if keyid:
            signatures.append({"keyid": keyid, "sig": "00"})
        again = {**signatures[-1], "sig": "00"} if first else signatures[-1]
        signatures.insert(0 if first else len(signatures), again)
        self.repo.put(role, json.dumps(document).encode())

    def test_a_key_signs_once(self):
        for role in ["root", "timestamp", "snapshot", "targets"]:
            for first in [False, True]:
                with self.subTest(role, first=first):
                    self.begin(Repository())
                    self.succeeds(self.refresh())
                    self.repo.next_root()
                    self.repo.release()
                    self.repeat(role, first)
                    self.fails(self.refresh())
                    self.assertEqual(self.version(role), 1)

    def test_not_even_a_key_that_nobody_lists_signs_twice(self):
        self.repeat("timestamp", False, "nobody")
        self.fails(self.refresh())
        self.assertEqual(self.version("timestamp"), None)

    def test_nor_the_key_of_a_delegated_role(self):
        self.repo.delegate("targets", "role")
        self.repo.add_target("role", "file", b"content")
        self.repo.publish()
        self.succeeds(self.download("file"))
        self.repeat("role", False)
        shutil.rmtree(self.metadata)
        self.metadata.mkdir()
        self.init(self.repo.first_root)
        self.fails(self.download("file"))
