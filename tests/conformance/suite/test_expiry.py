"""Freeze attacks: every document stands until its date, and one that does not is kept from nobody's view."""

from world import Case, in_days


class Expiry(Case):
    def test_root(self):
        """It is kept all the same (TUF specification, sections 5.3.8 and 5.3.10), and nothing else is asked for."""
        self.succeeds(self.refresh())
        self.repo.root.expires = in_days(-1)
        self.repo.next_root()
        self.repo.release()
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [2, 1, 1, 1])
        self.assertEqual(self.asked(), ["2.root", "3.root"])

    def test_timestamp(self):
        self.succeeds(self.refresh())
        self.repo.timestamp.expires = in_days(-1)
        self.repo.release()
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 1, 1, 1])
        self.assertEqual(self.asked(), ["2.root", "timestamp"])

    def test_snapshot(self):
        self.succeeds(self.refresh())
        self.repo.snapshot.expires = in_days(-1)
        self.repo.release()
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 2, 1, 1])
        self.assertEqual(self.asked(), ["2.root", "timestamp", "2.snapshot"])

    def test_targets(self):
        self.succeeds(self.refresh())
        self.repo.targets.expires = in_days(-1)
        self.repo.release()
        self.fails(self.refresh())
        self.assertEqual(self.versions(), [1, 2, 2, 1])

    def test_a_delegated_role(self):
        self.repo.delegate("targets", "qa")
        self.repo.add_target("qa", "path", b"content")
        self.repo.release()
        self.succeeds(self.download("path"))
        self.repo.delegated["qa"].expires = in_days(-1)
        self.repo.release()
        self.succeeds(self.refresh())
        self.fails(self.download("path"))
        self.assertEqual(self.version("qa"), 2)

    def test_a_delegated_role_that_expires_while_it_is_kept(self):
        self.repo.delegate("targets", "qa")
        self.repo.delegated["qa"].expires = in_days(7)
        self.repo.add_target("qa", "a", b"a")
        self.repo.add_target("qa", "b", b"b")
        self.repo.release()
        self.succeeds(self.download("a"))
        self.fails(self.download("b", days=10))
        self.assertEqual(self.downloaded(), [b"a"])
        self.repo.delegated["qa"].expires = in_days(20)
        self.repo.release()
        self.succeeds(self.download("b", days=10))

    def test_what_is_kept_may_have_expired(self):
        """It still is the floor under every version, and what is fetched takes its place."""
        self.repo.timestamp.expires = in_days(7)
        self.repo.publish()
        self.succeeds(self.refresh())
        self.repo.timestamp.expires = in_days(21)
        self.repo.release()
        self.succeeds(self.refresh(days=18))
        self.assertEqual(self.versions(), [1, 2, 2, 2])
        self.repo.timestamp.version = 1
        self.repo.put("timestamp")
        self.fails(self.refresh(days=24))
        self.assertEqual(self.version("timestamp"), 2)

    def test_nothing_is_answered_from_what_is_kept_and_expired(self):
        self.repo.add_target("targets", "path", b"content")
        self.repo.release()
        self.succeeds(self.download("path"))
        self.fails(self.refresh(days=40))
        self.fails(self.download("path", days=40))
