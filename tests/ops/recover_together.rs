//! Several machines that restore a registry together, and content that comes back from files.

use std::{fs, sync::Arc};

use manifesto::{
    Error,
    name::{Digest, Role},
    report,
    store::state::StateDocument,
    trust::TrustError,
    write::{Recovery, WriteError},
};

use crate::world::{
    Machine,
    authority::{granted, make_key, team},
    upkeep::backup,
};

/// An owner, two pipelines with a role and a publisher's key each, and a reader.
async fn pipelines() -> [Machine; 4] {
    let (owner, first, reader) = team().await;
    let second = Machine::new(Arc::clone(&owner.content));
    second.pin_like(&owner).await;
    for (machine, name) in [(&first, "first"), (&second, "second")] {
        let key = make_key(machine, name);
        owner.delegate(&granted(name, &[name], std::slice::from_ref(&&key), None)).await.unwrap();
        owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
    }
    [owner, first, second, reader]
}

fn role_file(machine: &Machine, role: &str) -> std::path::PathBuf {
    machine.values().with_file_name("roles").join(format!("{role}.json"))
}

async fn is_whole(machine: &Machine) -> bool {
    let publisher = machine.publisher();
    let plan = Recovery::plan(&publisher, &[]).await.unwrap();
    plan.is_needless() && !plan.report().unwrap().lacks_something()
}

/// A publisher remembers what others have signed, although its own change did not need it.
#[tokio::test(start_paused = true)]
async fn a_publisher_remembers_every_role() {
    let [owner, first, second, _] = pipelines().await;
    first.put("first", "f1").await.unwrap();
    second.put("second", "s1").await.unwrap();
    owner.put("approvals", "a1").await.unwrap();
    let remembered = |machine: &Machine, role: &str| {
        machine
            .state()
            .read(&StateDocument::Metadata(role.parse::<Role>().unwrap()))
            .unwrap()
            .map(|bytes| Digest::of(&bytes))
    };
    for role in ["first", "second"] {
        let author = if role == "first" { &first } else { &second };
        assert_eq!(remembered(&owner, role), remembered(author, role), "{role}");
        let index = owner.state().read(&StateDocument::Index(role.parse().unwrap())).unwrap();
        assert!(String::from_utf8(index.unwrap().into()).unwrap().contains(role));
    }
}

/// Each machine has what no other has. In every order, nothing is lost in the end and nothing is given up.
#[tokio::test(start_paused = true)]
async fn several_machines_add_up_in_any_order() {
    for order in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let [owner, first, second, reader] = pipelines().await;
        let old = backup(owner.content.as_ref(), true, |_| true).await;
        for round in ["1", "2"] {
            first.put("first", &format!("f{round}")).await.unwrap();
            second.put("second", &format!("s{round}")).await.unwrap();
        }
        owner.put("approvals", "a1").await.unwrap();
        assert_eq!(reader.get("first").await.unwrap(), "f2");
        let [owner, first, second, reader] = [owner, first, second, reader].map(|machine| machine.at(&old));
        let machines = [&owner, &first, &second];
        for turn in order {
            machines[turn].recover(false).await.unwrap();
        }
        // An older machine that came first could not know what it lacked. The youngest knows everything.
        owner.recover(false).await.unwrap();
        for machine in machines {
            if !is_whole(machine).await {
                machine.recover(false).await.unwrap();
            }
        }
        let fresh = Machine::new(Arc::clone(&old));
        fresh.pin_like(&owner).await;
        for reader in [&reader, &fresh] {
            for (kind, value) in [("first", "f2"), ("second", "s2"), ("approvals", "a1")] {
                assert_eq!(reader.get(kind).await.unwrap(), value, "{order:?}");
            }
        }
        for machine in machines {
            assert!(is_whole(machine).await, "{order:?}");
        }
        first.put("first", "f3").await.unwrap();
        assert_eq!(reader.get("first").await.unwrap(), "f3");
    }
}

/// Whatever is lost is named with the keys that signed it, and is missing for readers, not absent.
#[tokio::test(start_paused = true)]
async fn what_a_machine_lacks_is_named_with_its_signers() {
    let [owner, first, second, reader] = pipelines().await;
    let old = backup(owner.content.as_ref(), true, |_| true).await;
    first.put("first", "f1").await.unwrap();
    second.put("second", "s1").await.unwrap();
    owner.put("approvals", "a1").await.unwrap();
    let [owner, first, second, reader] = [owner, first, second, reader].map(|machine| machine.at(&old));
    let recovered = owner.recover(false).await.unwrap();
    let named = |report: &report::Recover| -> Vec<(String, String)> {
        let lost = report.lost.iter();
        lost.map(|lost| (lost.statement_type.raw().to_owned(), lost.signed_by[0].name.raw().to_owned())).collect()
    };
    let pair = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(named(&recovered), [pair("first"), pair("second")]);
    assert_eq!(reader.get("approvals").await.unwrap(), "a1");
    assert!(matches!(reader.get("first").await, Err(Error::Trust(TrustError::Missing { .. }))));
    let recovered = first.recover(false).await.unwrap();
    assert_eq!(named(&recovered), [pair("second")]);
    assert_eq!(reader.get("first").await.unwrap(), "f1");
    assert!(!second.recover(false).await.unwrap().lacks_something());
    assert_eq!(reader.get("second").await.unwrap(), "s1");
}

/// A clean-up rule took everything.
#[tokio::test(start_paused = true)]
async fn one_recovery_undoes_a_clean_up() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    owner.put("approvals", "pending").await.unwrap();
    owner.put("approvals", "approved").await.unwrap();
    let emptied = backup(owner.content.as_ref(), false, |_| false).await;
    let (owner, reader) = (owner.at(&emptied), reader.at(&emptied));
    let recovered = owner.recover(false).await.unwrap();
    assert!(!recovered.lacks_something(), "{recovered:?}");
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    assert!(is_whole(&owner).await);
    owner.put("approvals", "rejected").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_damaged_copy_of_a_value_is_not_uploaded() {
    for damage in [&b""[..], b"appr", b"rejected"] {
        let (owner, _, reader) = team().await;
        owner.put("approvals", "approved").await.unwrap();
        let emptied = backup(owner.content.as_ref(), false, |_| false).await;
        let file = owner.values().join(Digest::of(b"approved").to_string().split_once(':').unwrap().1);
        fs::write(&file, damage).unwrap();
        let (owner, reader) = (owner.at(&emptied), reader.at(&emptied));
        let recovered = owner.recover(false).await.unwrap();
        assert_eq!(recovered.lost.len(), 1);
        assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Missing { .. }))));
    }
}

/// A value that is too large to be kept comes back from a file, or from a folder that has it among others.
#[tokio::test(start_paused = true)]
async fn a_lost_value_comes_back_from_a_file() {
    for in_folder in [false, true] {
        let (owner, _, reader) = team().await;
        let large = "x".repeat((1 << 20) + 1);
        owner.put("sbom", &large).await.unwrap();
        let emptied = backup(owner.content.as_ref(), false, |_| false).await;
        let (owner, reader) = (owner.at(&emptied), reader.at(&emptied));
        let folder = tempfile::tempdir().unwrap();
        let [right, wrong, other] = ["sbom.json", "wrong.json", "empty"].map(|name| folder.path().join(name));
        fs::write(&right, &large).unwrap();
        fs::write(&wrong, large.replace('x', "y")).unwrap();
        fs::write(&other, "").unwrap();
        let recovered = owner.recover_from(&[wrong.clone(), other], false).await.unwrap();
        assert_eq!((recovered.lost.len(), recovered.warnings.len()), (1, 2));
        assert!(recovered.warnings[0].message.raw().contains(&*wrong.to_string_lossy()));
        let given = if in_folder { folder.path().to_owned() } else { right };
        let recovered = owner.recover_from(&[given], false).await.unwrap();
        assert!(!recovered.lacks_something() && recovered.warnings.is_empty());
        assert!(is_whole(&owner).await && reader.list().await.unwrap() == ["sbom"]);
        let uploaded = emptied.blob(Digest::of(large.as_bytes()), 2 << 20).await.unwrap();
        assert_eq!(uploaded.unwrap(), large.as_bytes());
        let absent = folder.path().join("absent");
        let error = owner.recover_from(&[absent], false).await.unwrap_err();
        assert!(matches!(error, WriteError::Read(Error::File { .. })), "{error:?}");
    }
}

/// A machine that lacks a role's document cannot publish, uploads what it has, and names the keys. What another machine
/// uploads completes it.
#[tokio::test(start_paused = true)]
async fn a_missing_document_is_named_and_completed_by_another_machine() {
    for damage in [None, Some(""), Some("{")] {
        let [owner, first, second, reader] = pipelines().await;
        first.put("first", "f1").await.unwrap();
        owner.put("approvals", "a1").await.unwrap();
        assert_eq!(reader.get("first").await.unwrap(), "f1");
        let emptied = backup(owner.content.as_ref(), false, |_| false).await;
        match damage {
            Some(damage) => fs::write(role_file(&owner, "first"), damage).unwrap(),
            None => fs::remove_file(role_file(&owner, "first")).unwrap(),
        }
        let [owner, first, _, reader] = [owner, first, second, reader].map(|machine| machine.at(&emptied));
        let incomplete = owner.recover(false).await.unwrap();
        assert!(incomplete.published.is_none() && incomplete.lacks_something());
        let missing: Vec<_> =
            incomplete.missing_roles.iter().map(|role| (role.role.raw(), role.may_sign[0].name.raw())).collect();
        assert_eq!(missing, [("first", "first")]);
        assert!(emptied.blob(Digest::of(b"a1"), 100).await.unwrap().is_some(), "what it has is uploaded");
        // The other machine cannot know what was signed after its own publication, and finds nothing of it missing.
        let recovered = first.recover(false).await.unwrap();
        assert!(recovered.published.is_some());
        let completed = owner.recover(false).await.unwrap();
        assert!(completed.published.is_some() && !completed.lacks_something(), "{completed:?}");
        for (kind, value) in [("first", "f1"), ("approvals", "a1")] {
            assert_eq!(reader.get(kind).await.unwrap(), value);
        }
    }
}

/// A former value that the registry has lost is dropped by the next put, which says so.
#[tokio::test(start_paused = true)]
async fn a_lost_former_value_blocks_no_put() {
    let (owner, _, reader) = team().await;
    for value in ["first", "second", "third"] {
        owner.put("approvals", value).await.unwrap();
    }
    let lost = Digest::of(b"first");
    let holed = backup(owner.content.as_ref(), true, |digest| *digest != lost).await;
    // What this machine has kept itself comes back.
    let owner = owner.at(&holed);
    let put = owner.put("note", "n").await.unwrap();
    assert!(put.warnings.is_empty() && holed.blob(lost, 100).await.unwrap().is_some());

    let holed = backup(holed.as_ref(), true, |digest| *digest != lost).await;
    let (owner, reader) = (owner.without_values().at(&holed), reader.at(&holed));
    let put = owner.put("approvals", "fourth").await.unwrap();
    assert!(put.warnings.iter().any(|warning| warning.kind == "former_values_dropped"), "{:?}", put.warnings);
    assert_eq!(reader.get("approvals").await.unwrap(), "fourth");
    assert!(is_whole(&owner).await);
    owner.delete("approvals").await.unwrap();
}

/// Nor does it keep a timer from renewing the repository's date.
#[tokio::test(start_paused = true)]
async fn a_lost_former_value_blocks_no_refresh() {
    let (owner, _, mut reader) = team().await;
    for value in ["first", "second"] {
        owner.put("approvals", value).await.unwrap();
    }
    let lost = Digest::of(b"first");
    let holed = backup(owner.content.as_ref(), true, |digest| *digest != lost).await;
    let mut owner = owner.without_values().at(&holed);
    owner.later(10);
    let (_, warnings) = owner.refresh().await.unwrap();
    assert!(warnings.iter().any(|warning| warning.kind == "former_values_dropped"), "{warnings:?}");
    reader.later(20);
    assert_eq!(reader.at(&holed).get("approvals").await.unwrap(), "second");
}

/// A current value is not dropped with a put: somebody may still have it.
#[tokio::test(start_paused = true)]
async fn a_lost_current_value_is_an_error_until_recover() {
    let (owner, _, reader) = team().await;
    owner.put("approvals", "approved").await.unwrap();
    let lost = Digest::of(b"approved");
    let holed = backup(owner.content.as_ref(), true, |digest| *digest != lost).await;
    let (owner, reader) = (owner.without_values().at(&holed), reader.at(&holed));
    let error = owner.put("note", "n").await.unwrap_err();
    assert!(matches!(error, WriteError::Lost { statements: 1, .. }), "{error:?}");
    assert!(owner.recover(false).await.unwrap().lacks_something());
    owner.put("note", "n").await.unwrap();
    assert_eq!(reader.get("note").await.unwrap(), "n");
    // The same value, put again, is there again.
    owner.put("approvals", "approved").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    assert!(is_whole(&owner).await);
}

/// A state that takes no file costs a warning, and not the put.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_kept_is_a_warning() {
    let (owner, _, reader) = team().await;
    owner.put("approvals", "approved").await.unwrap();
    fs::remove_dir_all(owner.values()).unwrap();
    std::os::unix::fs::symlink("/proc/self/fdinfo", owner.values()).unwrap();
    let put = owner.put("approvals", "rejected").await.unwrap();
    assert!(put.warnings.iter().any(|warning| warning.kind == "value_not_kept"), "{:?}", put.warnings);
    assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
}
