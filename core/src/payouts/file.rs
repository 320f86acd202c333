//! The file that goes to the bank, written.

use super::domain::{ENGLISH, FileLine, Format, PORTUGUESE, PORTUGUESE_MORE};
use crate::locale::Locale;
use crate::platform::sheet::harmless;
use uuid::Uuid;

/// The whole file. Cells that hold a comma or a quote are quoted; what a spreadsheet would take for a formula is text.
///
/// # Errors
/// None that is known: it is written to memory.
pub(super) fn write(
    batch: Uuid,
    lines: &[FileLine],
    format: Format,
    locale: Locale,
) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    match (format, locale) {
        (Format::Compatible, _) => writer.write_record(PORTUGUESE)?,
        (Format::Full, Locale::PtBr) => writer.write_record(PORTUGUESE.iter().chain(&PORTUGUESE_MORE))?,
        (Format::Full, Locale::En) => writer.write_record(ENGLISH)?,
    }
    for line in lines {
        let ten = line.ten();
        let ten = ten.iter().map(|cell| harmless(cell));
        match format {
            Format::Compatible if line.is_talent => writer.write_record(ten)?,
            Format::Compatible => {}
            Format::Full => {
                let more = [
                    batch.to_string(),
                    line.id.to_string(),
                    line.amount.currency().to_string(),
                    line.hash(batch),
                    String::new(),
                ];
                writer.write_record(ten.chain(more))?;
            }
        }
    }
    let mut bytes = writer.into_inner()?;
    if format == Format::Compatible && bytes.ends_with(b"\n") {
        // As it did not end with one there.
        bytes.pop();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payouts::domain::example as line;

    #[test]
    fn the_compatible_file_is_as_the_other_service_wrote_it() {
        let lines = [line(1, "ana@x.com", "Ana Silva"), line(2, "", "Agência & Filhos")];
        let file = write(Uuid::from_u128(9), &lines, Format::Compatible, Locale::PtBr).unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            "Email,Nº de viggios,Total,Nome,Conta Corrente,Dígito,Agência,CPF/CNPJ,Banco,Pago?\n\
             ana@x.com,2,149.92,Ana Silva,12345,6,0001,12345678901,341 - Itau,"
        );
    }

    #[test]
    fn marketplace_defect_19_a_comma_in_a_name_shifts_no_column_and_no_cell_is_a_formula() {
        let lines = [line(1, "ana@x.com", "Silva, Ana"), line(2, "", "=1+1")];
        let file = write(Uuid::from_u128(9), &lines, Format::Full, Locale::En).unwrap();
        insta::assert_snapshot!(String::from_utf8(file).unwrap());
    }
}
