use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value, value::RawValue};

use super::Json;

/// The members of an object that this version does not know. They are kept, so that writing the object back loses
/// nothing.
///
/// They are kept as text. As values they would take a hundred times the memory of the document [⚔], and the signer of
/// the document decides what is in them.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Unknown(Option<Box<str>>);

impl Unknown {
    /// Whether there are no unknown members.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the member `name`.
    pub fn get(&self, name: &str) -> Option<Json> {
        self.members().remove(name)
    }

    /// Adds a member, or replaces it.
    pub fn insert(&mut self, name: &str, value: impl Into<Json>) {
        let mut members = self.members();
        members.insert(name.to_owned(), value.into());
        *self = Self::from(members);
    }

    /// Removes a member.
    pub fn remove(&mut self, name: &str) {
        let mut members = self.members();
        if members.remove(name).is_some() {
            *self = Self::from(members);
        }
    }

    fn members(&self) -> BTreeMap<String, Json> {
        // The text was written by this type, so it parses.
        self.0.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Reads an object as `T`, and keeps the members for which `T` has no field.
    ///
    /// serde's own `flatten` does the same, but first keeps every unknown value as a tree, which takes too much memory.
    pub(in crate::trust) fn split<'de, T, D>(deserializer: D) -> Result<(T, Self), D::Error>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let mut unknown = String::new();
        let known = T::deserialize(Split { inner: deserializer, unknown: &mut unknown })?;
        if unknown.is_empty() {
            return Ok((known, Self(None)));
        }
        unknown.replace_range(..1, "{");
        unknown.push('}');
        Ok((known, Self(Some(unknown.into()))))
    }
}

impl From<BTreeMap<String, Json>> for Unknown {
    fn from(members: BTreeMap<String, Json>) -> Self {
        let text = serde_json::to_string(&members).ok();
        Self(text.filter(|_| !members.is_empty()).map(Into::into))
    }
}

impl From<Map<String, Value>> for Unknown {
    fn from(members: Map<String, Value>) -> Self {
        Self::from(members.into_iter().map(|(name, value)| (name, value.into())).collect::<BTreeMap<_, _>>())
    }
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members())
    }
}

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("{}"))
    }
}

/// Declares a struct that is read from a JSON object and written as one, and that keeps the members it does not know.
/// It may begin with a struct whose fields are members of the same object; the macro lists them after it.
macro_rules! open {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $(flatten {
                $(#[$group_attribute:meta])*
                pub $group:ident: $group_kind:ident { $($(#[$part_attribute:meta])* $part:ident: $part_kind:ty,)* }
            })?
            $($(#[$field_attribute:meta])* pub $field:ident: $kind:ty,)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$group_attribute])*
                #[serde(flatten)]
                pub $group: $group_kind,
            )?
            $($(#[$field_attribute])* pub $field: $kind,)*
            /// Members that this version does not know.
            #[serde(flatten)]
            pub other: $crate::trust::Unknown,
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                struct Known {
                    $($($(#[$part_attribute])* $part: $part_kind,)*)?
                    $($(#[$field_attribute])* $field: $kind,)*
                }
                let (known, other) = $crate::trust::Unknown::split::<Known, D>(deserializer)?;
                Ok(Self {
                    $($group: $group_kind { $($part: known.$part,)* },)?
                    $($field: known.$field,)*
                    other,
                })
            }
        }
    };
}
pub(in crate::trust) use open;

/// A deserializer that passes on the members for which a struct has fields, and keeps the others.
struct Split<'u, D> {
    inner: D,
    /// The other members, each after a comma.
    unknown: &'u mut String,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Split<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Known { inner: visitor, fields, unknown: self.unknown })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The visitor of a struct, or its access to the members.
struct Known<'u, T> {
    inner: T,
    fields: &'static [&'static str],
    unknown: &'u mut String,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Known<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Known { inner: members, fields: self.fields, unknown: self.unknown })
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Known<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(Name(name)) = self.inner.next_key()? {
            if self.fields.contains(&&*name) {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            let value: Box<RawValue> = self.inner.next_value()?;
            self.unknown.push(',');
            self.unknown.push_str(&serde_json::to_string(&name).map_err(serde::de::Error::custom)?);
            self.unknown.push(':');
            self.unknown.push_str(value.get());
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Fields {
        #[serde(rename = "a key")]
        a: u8,
        #[serde(default)]
        b: Option<Box<str>>,
    }

    fn split(text: &str) -> Result<(Fields, Unknown), serde_json::Error> {
        Unknown::split(&mut serde_json::Deserializer::from_str(text))
    }

    #[test]
    fn known_members_are_read_and_the_others_kept() {
        let (fields, unknown) = split(r#"{"x":[1,{"a key":2}],"a key":1,"\"\u00e9":"\n","b":"text"}"#).unwrap();
        assert_eq!(fields, Fields { a: 1, b: Some("text".into()) });
        assert_eq!(serde_json::to_value(&unknown).unwrap(), json!({"x": [1, {"a key": 2}], "\"é": "\n"}));
        assert_eq!(unknown.get("\"é").unwrap().read::<String>().unwrap(), "\n");
        assert_eq!(unknown.get("a key"), None);
        let from_value: (Fields, Unknown) = Unknown::split(json!({"a key": 1, "x": {"y": null}})).unwrap();
        assert_eq!(from_value.1.get("x").unwrap().as_str(), r#"{"y":null}"#);
    }

    #[test]
    fn what_is_no_such_object_is_an_error() {
        for bad in ["[1,\"text\"]", "{}", "1", "\"a key\"", r#"{"a key":"1"}"#, r#"{"a key":1,"a key":2}"#] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn members_come_and_go() {
        let (_, mut unknown) = split(r#"{"a key":1}"#).unwrap();
        assert!(unknown.is_empty());
        unknown.remove("x");
        unknown.insert("x", json!(1));
        unknown.insert("x", json!({"b": 1, "a": 2}));
        assert_eq!(format!("{unknown:?}"), r#"{"x":{"a":2,"b":1}}"#);
        unknown.remove("x");
        assert_eq!(unknown, Unknown::default());
        assert_eq!(serde_json::to_value(&unknown).unwrap(), Value::Object(Default::default()));
    }
}
