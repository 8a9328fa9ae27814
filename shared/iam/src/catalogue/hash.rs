//! Where the table of whole names is looked at first; the build script fills it by the same function.

/// FNV-1a over a name, as if it were in lower case, with its high bits folded in.
pub(crate) fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 15) as usize
}
