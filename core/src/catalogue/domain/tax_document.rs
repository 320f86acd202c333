use super::check::Fault;

/// A CPF or a CNPJ as it is kept: without dots, bars and hyphens, letters large. Its two last digits follow from what
/// is before them, so that most slips are found; whether anybody has it is not asked. A CNPJ may have letters, which
/// those given out since July 2026 do.
pub fn tax_document(pointer: &str, text: &str) -> Result<String, Fault> {
    let signs = text.chars().filter(|char| !" .-/".contains(*char));
    let document = signs.collect::<String>().to_ascii_uppercase();
    let fine = document.is_ascii() && is_document(document.as_bytes());
    let detail = "a CPF (11 digits) or a CNPJ (14 digits and letters), whose two last digits fit the others";
    fine.then_some(document)
        .ok_or_else(|| Fault::new(pointer, "tax_document_invalid", detail))
}

fn is_document(signs: &[u8]) -> bool {
    // The weights of the digits before, from the last to the first.
    let (weights, letters): (&[u32], bool) = match signs.len() {
        11 => (&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11], false),
        14 => (&[2, 3, 4, 5, 6, 7, 8, 9], true),
        _ => return false,
    };
    let (body, last) = signs.split_at(signs.len() - 2);
    let known = |sign: &u8| sign.is_ascii_digit() || (letters && sign.is_ascii_uppercase());
    // They fit, and are nobody's.
    let all_alike = signs.iter().all(|sign| Some(sign) == signs.first());
    if all_alike || !body.iter().all(known) {
        return false;
    }
    let first = check_digit(body, weights);
    let second = check_digit(&[body, &[first]].concat(), weights);
    last == [first, second]
}

/// Modulo 11. A sign counts what it is above `0`, letters too; CNPJs begin again with the weights after the last.
fn check_digit(signs: &[u8], weights: &[u32]) -> u8 {
    let weighed = signs.iter().rev().zip(weights.iter().cycle());
    let sum: u32 = weighed
        .map(|(sign, weight)| u32::from(sign.saturating_sub(b'0')) * weight)
        .sum();
    match sum % 11 {
        0 | 1 => b'0',
        rest => b"0123456789".get(11 - rest as usize).copied().unwrap_or(b'0'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_fine(text: &str) -> bool {
        tax_document("/tax_document", text).is_ok()
    }

    #[test]
    fn documents_are_kept_without_their_dots() {
        for (text, kept) in [
            ("111.444.777-35", "11144477735"),
            ("529.982.247-25", "52998224725"),
            (" 11.222.333/0001-81 ", "11222333000181"),
            // The example of the Receita Federal for those with letters.
            ("12.abc.345/01de-35", "12ABC34501DE35"),
        ] {
            assert_eq!(tax_document("/tax_document", text).unwrap(), kept);
        }
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in [
            "",
            "11144477734",
            "1114447773",
            "111444777355",
            "11111111111",
            "00000000000000",
            "11222333000182",
            "A1144477735",
            "12ABC34501DEAB",
            "１１１４４４７７７３５",
            "111_444_777_35",
        ] {
            assert!(!is_fine(text), "{text}");
        }
    }

    /// With the digits that fit.
    fn completed(body: &str, weights: &[u32]) -> String {
        let mut signs = body.as_bytes().to_vec();
        signs.push(check_digit(&signs, weights));
        signs.push(check_digit(&signs, weights));
        String::from_utf8(signs).unwrap()
    }

    proptest! {
        #[test]
        fn of_cpfs_every_slip_of_one_digit_is_found(body in "[0-9]{9}", at in 0..11_usize, other in b'0'..=b'9') {
            let cpf = completed(&body, &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
            prop_assume!(cpf.bytes().any(|digit| Some(digit) != cpf.bytes().next()));
            prop_assert!(is_fine(&cpf), "{cpf}");
            let mut slipped = cpf.clone().into_bytes();
            prop_assume!(slipped[at] != other);
            slipped[at] = other;
            let slipped = String::from_utf8(slipped).unwrap();
            // Rests of 0 and 1 are both written as 0: for those two a slip can fit again.
            let weights = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
            let still = completed(&slipped[..9], &weights) == slipped;
            prop_assert_eq!(is_fine(&slipped), still);
        }

        #[test]
        fn a_cnpj_with_the_digits_that_fit_is_one(body in "[0-9A-Z]{12}") {
            let cnpj = completed(&body, &[2, 3, 4, 5, 6, 7, 8, 9]);
            prop_assume!(cnpj.bytes().any(|sign| Some(sign) != cnpj.bytes().next()));
            prop_assert!(is_fine(&cnpj), "{cnpj}");
            let dotted = format!("{}.{}.{}/{}-{}", &cnpj[..2], &cnpj[2..5], &cnpj[5..8], &cnpj[8..12], &cnpj[12..]);
            prop_assert_eq!(tax_document("", &dotted.to_lowercase()).unwrap(), cnpj);
        }

        #[test]
        fn no_text_breaks_it(text in "\\PC{0,20}") {
            let _ = is_fine(&text);
        }
    }
}
