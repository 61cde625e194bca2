use pkcs8::{
    ObjectIdentifier,
    der::{
        self, Decode, Reader as _, SliceReader, TagNumber,
        asn1::{AnyRef, ContextSpecific, OctetStringRef},
    },
};

/// The private number in an `ECPrivateKey` (RFC 5915), and the curve that the key names, if it does.
pub(crate) fn scalar_and_curve(bytes: &[u8]) -> der::Result<(&[u8], Option<ObjectIdentifier>)> {
    let mut reader = SliceReader::new(bytes)?;
    let found = reader.sequence(|fields| -> der::Result<_> {
        u8::decode(fields)?;
        let scalar = <&OctetStringRef>::decode(fields)?;
        let curve = ContextSpecific::<ObjectIdentifier>::decode_explicit(fields, TagNumber(0))?;
        while !fields.is_finished() {
            AnyRef::decode(fields)?;
        }
        Ok((scalar.as_bytes(), curve.map(|field| field.value)))
    })?;
    reader.finish()?;
    Ok(found)
}
