/// A UUIDv7 as text (RFC 9562): `at_ms` milliseconds since 1970 and ten random bytes, of which 74 bits are used.
///
/// Its first 48 bits sort by time, and their day is the partition that counts the hit.
///
/// ```
/// let id = marquee_shared::hit::uuid_v7(1_645_557_742_000, [0xff; 10]);
/// assert_eq!(id, "017f22e2-79b0-7fff-bfff-ffffffffffff");
/// ```
#[must_use]
pub fn uuid_v7(at_ms: u64, random: [u8; 10]) -> String {
    let [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9] = random;
    let [_, _, t0, t1, t2, t3, t4, t5] = at_ms.to_be_bytes();
    let version = 0x70 | r0 & 0x0f;
    let variant = 0x80 | r2 & 0x3f;
    let bytes = [
        t0, t1, t2, t3, t4, t5, version, r1, variant, r3, r4, r5, r6, r7, r8, r9,
    ];

    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    text
}
