use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use super::{Bytes, ImportError};

/// The content of one PEM block, with the headers of RFC 1421. RFC 7468 has no headers, but other tools still write
/// them.
pub(super) struct Block {
    pub(super) label: String,
    headers: Vec<(String, String)>,
    pub(super) content: Bytes,
}

impl Block {
    /// The first value of a header, if it exists.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn parse(label: &str, body: &str) -> Result<Self, ImportError> {
        let (mut headers, mut base64) = (Vec::new(), Zeroizing::new(String::with_capacity(body.len())));
        for line in body.lines().map(str::trim) {
            match line.split_once(':') {
                Some((name, value)) if base64.is_empty() => {
                    headers.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                _ => base64.push_str(line),
            }
        }
        let content = Base64::decode_vec(&base64).map(Zeroizing::new).map_err(|_| ImportError::Malformed)?;
        Ok(Self { label: label.to_owned(), headers, content })
    }
}

/// The only private key among the blocks of a text. Certificates, parameters and other text are ignored.
pub(super) fn only_private_key(text: &str) -> Result<Block, ImportError> {
    let (mut private, mut public, mut open) = (Vec::new(), None, None);
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (position, position + line.len());
        position = end;
        if let Some(label) = boundary(line, "-----BEGIN ") {
            if open.replace((label, end)).is_some() {
                return Err(ImportError::Cut);
            }
        } else if let Some(label) = boundary(line, "-----END ") {
            let (begun, body) = open.take().ok_or(ImportError::Cut)?;
            if begun != label {
                return Err(ImportError::Cut);
            }
            if label.ends_with("PRIVATE KEY") {
                private.push((label, &text[body..start]));
            } else {
                public = public.or(Some(label));
            }
        }
    }
    match (&private[..], open, public) {
        (_, Some(_), _) => Err(ImportError::Cut),
        ([(label, body)], None, _) => Block::parse(label, body),
        ([], None, Some(label)) => Err(ImportError::PublicOnly(label.to_owned())),
        ([], None, None) if text.starts_with("ssh-") => Err(ImportError::PublicOnly("ssh public key".to_owned())),
        ([], None, None) => Err(ImportError::NoKey),
        (several, None, _) => Err(ImportError::Several(several.len())),
    }
}

fn boundary<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix(start)?.strip_suffix("-----")
}
