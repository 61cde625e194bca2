use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A token and its module: a PKCS#11 URI (RFC 7512) with the attributes `token`, `serial`, `slot-id` and `module-path`.
///
/// `pkcs11:token=acme?module-path=/usr/lib/softhsm/libsofthsm2.so` names a token by its label. If the module has only
/// one token, `pkcs11:?module-path=…` is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUri(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    module: PathBuf,
    label: Option<String>,
    serial: Option<String>,
    slot: Option<u64>,
}

/// The characters that are escaped in a value. RFC 7512, section 2.3, would allow more unescaped.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ESCAPED_IN_PATH: AsciiSet = ESCAPED.remove(b'/').remove(b':');

impl TokenUri {
    /// The absolute path of the module, a shared library.
    pub fn module(&self) -> &Path {
        &self.0.module
    }

    pub(super) fn matches(&self, label: &str, serial: &str, slot: u64) -> bool {
        let Parts { label: wanted_label, serial: wanted_serial, slot: wanted_slot, .. } = &*self.0;
        wanted_label.as_deref().is_none_or(|wanted| wanted == label)
            && wanted_serial.as_deref().is_none_or(|wanted| wanted == serial)
            && wanted_slot.is_none_or(|wanted| wanted == slot)
    }
}

impl FromStr for TokenUri {
    type Err = TokenUriError;

    fn from_str(text: &str) -> Result<Self, TokenUriError> {
        let rest = text.strip_prefix("pkcs11:").ok_or(TokenUriError::Scheme)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let attributes = path.split(';').map(|attribute| (Part::Path, attribute));
        let attributes = attributes.chain(query.split('&').map(|attribute| (Part::Query, attribute)));
        let (mut module, mut label, mut serial, mut slot) = (None, None, None, None);
        for (part, attribute) in attributes.filter(|(_, attribute)| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let place = match (part, name) {
                (Part::Path, "token") => &mut label,
                (Part::Path, "serial") => &mut serial,
                (Part::Path, "slot-id") => &mut slot,
                (Part::Query, "module-path") => &mut module,
                (Part::Query, "pin-value" | "pin-source") => return Err(TokenUriError::Pin(name.to_owned())),
                _ => return Err(TokenUriError::Attribute(name.to_owned())),
            };
            if place.replace(decoded(name, value)?).is_some() {
                return Err(TokenUriError::Repeated(name.to_owned()));
            }
        }
        let module = PathBuf::from(module.ok_or(TokenUriError::NoModule)?);
        if !module.is_absolute() {
            return Err(TokenUriError::RelativeModule(module));
        }
        let slot = slot.map(|text| text.parse().map_err(|_| TokenUriError::Slot(text))).transpose()?;
        Ok(Self(Box::new(Parts { module, label, serial, slot })))
    }
}

enum Part {
    Path,
    Query,
}

fn decoded(name: &str, value: &str) -> Result<String, TokenUriError> {
    let malformed = || TokenUriError::Value(name.to_owned());
    // The decoder leaves an invalid escape unchanged, so check for one first.
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !value.split('%').skip(1).all(is_escape) {
        return Err(malformed());
    }
    let text = percent_decode_str(value).decode_utf8().map_err(|_| malformed())?;
    if text.is_empty() || text.contains('\0') { Err(malformed()) } else { Ok(text.into_owned()) }
}

impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { module, label, serial, slot } = &*self.0;
        let slot = slot.map(|slot| slot.to_string());
        let named = [("token", label), ("serial", serial), ("slot-id", &slot)];
        f.write_str("pkcs11:")?;
        let mut separator = "";
        for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            write!(f, "{separator}{name}={}", utf8_percent_encode(value, &ESCAPED))?;
            separator = ";";
        }
        write!(f, "?module-path={}", utf8_percent_encode(&module.to_string_lossy(), &ESCAPED_IN_PATH))
    }
}

/// Why a text does not name a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenUriError {
    /// The text is not a PKCS#11 URI.
    #[error("a PKCS#11 URI begins with pkcs11:")]
    Scheme,
    /// An attribute is not supported, or is in the wrong part of the URI. The field is its name.
    #[error(
        "'{0}' is not supported in a PKCS#11 URI: expected pkcs11:token=LABEL?module-path=FILE, or serial or slot-id"
    )]
    Attribute(String),
    /// The URI contains a PIN. The field is the attribute's name.
    #[error("'{0}' is refused in a PKCS#11 URI: a PIN is not part of a name")]
    Pin(String),
    /// An attribute is repeated. The field is its name.
    #[error("'{0}' is repeated in the PKCS#11 URI")]
    Repeated(String),
    /// A value is empty or has an invalid escape. The field is the attribute's name.
    #[error("'{0}' has no valid value in the PKCS#11 URI")]
    Value(String),
    /// The slot is not a number.
    #[error("slot-id={0} is not a number")]
    Slot(String),
    /// The URI has no module.
    #[error("the PKCS#11 URI names no module: add ?module-path=FILE, the shared library of the token")]
    NoModule,
    /// The path of the module is relative, so it would depend on the current folder.
    #[error("module-path={} is not an absolute path", .0.display())]
    RelativeModule(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> TokenUriError {
        text.parse::<TokenUri>().unwrap_err()
    }

    #[test]
    fn reads_what_people_write_and_writes_it_alike() {
        for text in [
            "pkcs11:?module-path=/usr/lib/softhsm/libsofthsm2.so",
            "pkcs11:token=acme%20root?module-path=/usr/lib/softhsm/libsofthsm2.so",
            "pkcs11:token=a;serial=0123;slot-id=7?module-path=/m.so",
            "pkcs11:token=%25%3B%3F%26%C3%A4%0A?module-path=/a%20b/m.so",
        ] {
            assert_eq!(text.parse::<TokenUri>().unwrap().to_string(), text);
        }
        let loose: TokenUri = "pkcs11:slot-id=7;token=(a)+b:c?module-path=%2Fm.so".parse().unwrap();
        assert_eq!(loose.to_string(), "pkcs11:token=%28a%29%2Bb%3Ac;slot-id=7?module-path=/m.so");
        assert!(
            loose.matches("(a)+b:c", "any", 7) && !loose.matches("(a)+b:c", "any", 8) && !loose.matches("a", "", 7)
        );
    }

    #[test]
    fn refuses_what_it_would_have_to_ignore() {
        let module = "?module-path=/m.so";
        let attribute = |name: &str| TokenUriError::Attribute(name.to_owned());
        for name in ["object", "id", "type", "manufacturer", "module-path", "x-vendor"] {
            assert_eq!(refused(&format!("pkcs11:{name}=x{module}")), attribute(name));
        }
        for name in ["token", "module-name", "x-vendor"] {
            assert_eq!(refused(&format!("pkcs11:{module}&{name}=x")), attribute(name));
        }
        for name in ["pin-value", "pin-source"] {
            assert_eq!(refused(&format!("pkcs11:{module}&{name}=1234")), TokenUriError::Pin(name.to_owned()));
        }
        assert_eq!(refused("PKCS11:token=a"), TokenUriError::Scheme);
        assert_eq!(refused("pkcs11:token=a"), TokenUriError::NoModule);
        assert_eq!(refused("pkcs11:/m.so"), attribute("/m.so"));
        assert_eq!(refused(&format!("pkcs11:token=a;token=b{module}")), TokenUriError::Repeated("token".to_owned()));
        for value in ["", "%", "%4", "%zz", "a%4+", "%FF", "%00"] {
            let text = format!("pkcs11:token={value}{module}");
            assert_eq!(refused(&text), TokenUriError::Value("token".to_owned()), "{value}");
        }
        for slot in ["x", "-1", "99999999999999999999"] {
            assert_eq!(refused(&format!("pkcs11:slot-id={slot}{module}")), TokenUriError::Slot(slot.to_owned()));
        }
        assert_eq!(refused("pkcs11:?module-path=m.so"), TokenUriError::RelativeModule("m.so".into()));
    }
}
