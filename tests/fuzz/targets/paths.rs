//! What signed metadata calls its parts: target paths, types, roles, tags, digests, patterns.

use std::path::{Component, Path};

use manifesto::{
    name::{Digest, Role, RoleName, StatementType, Tag, TargetPath},
    trust::Pattern,
};

use super::read_back;

/// What is accepted has one spelling, and no path leads out of its folder.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut accepted = false;
    if let Ok(path) = text.parse::<TargetPath>() {
        accepted = true;
        assert_eq!(path.to_string(), text, "a second spelling of one path");
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
        assert!(Path::new(text).components().all(inside), "{text}");
        assert_eq!(Path::new(text).components().count(), text.split('/').count(), "{text}");
    }
    if let Ok(kind) = text.parse::<StatementType>() {
        accepted = true;
        let segment = kind.encoded();
        assert_eq!(StatementType::decode(&segment).as_ref(), Ok(&kind));
        assert!(segment.is_ascii() && !segment.contains(['/', '\\', ':', '%']) && !segment.starts_with('.'));
        let path = TargetPath::statement(Digest::of(data), kind.clone()).to_string();
        assert!(Pattern::of_type(&kind).matches(&path), "{path}");
    }
    if let Ok(kind) = StatementType::decode(text) {
        assert_eq!(kind.encoded(), text, "a second spelling of one type");
    }
    if let Ok(role) = text.parse::<RoleName>() {
        assert!(role.as_str() == text && role.as_str().len() <= 63 && !text.contains(['.', '/']));
    }
    // A tag goes into a URL, a role into the name of a file.
    if let Ok(tag) = text.parse::<Tag>() {
        assert!(tag.as_str() == text && !text.starts_with('.') && !text.contains(['/', ':', '%', '?', '#']));
    }
    accepted |= read_back::<Tag>(text) | read_back::<Digest>(text) | read_back::<Role>(text);
    accepted | patterns(text)
}

/// Two patterns or a pattern and a path, one in each line: what both match, they overlap in.
fn patterns(text: &str) -> bool {
    let mut lines = text.lines();
    let (Some(Ok(one)), Some(second)) = (lines.next().map(str::parse::<Pattern>), lines.next()) else { return false };
    assert_eq!(one.as_str().parse::<Pattern>().as_ref(), Ok(&one));
    assert!(one.overlaps(&one));
    let Ok(other) = second.parse::<Pattern>() else { return true };
    assert_eq!(one.overlaps(&other), other.overlaps(&one));
    for path in lines.chain([second, one.as_str()]) {
        assert!(!(one.matches(path) && other.matches(path)) || one.overlaps(&other), "both match {path}");
    }
    true
}
