//! Writes the sample rule sets as JSON files, each a whole brand: what `marquee rules import` takes. Or the sample
//! marketplace with its pictures and films: what `marquee sample load` takes.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use marquee_shared::rules::RuleSet;

const USAGE: &str = "usage: marquee-sample FOLDER [--rules NUMBER | --marketplace]";
/// Large sets are the same each time.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (folder, sets) = match *words {
        [folder] => (folder, marquee_sample::brands()),
        [folder, "--rules", number] => match number.parse() {
            Ok(number) => (folder, vec![marquee_sample::rules(number, SEED)]),
            Err(_) => return failed(USAGE),
        },
        [folder, "--marketplace"] => return marketplace(Path::new(folder)),
        _ => return failed(USAGE),
    };
    for set in sets {
        let path = PathBuf::from(folder).join(format!("{}.json", set.brand));
        let written = text(&set).and_then(|text| fs::write(&path, text));
        if let Err(error) = written {
            return failed(&format!("{}: {error}", path.display()));
        }
        println!("{}: {} rules", path.display(), set.rules.len());
    }
    ExitCode::SUCCESS
}

fn marketplace(folder: &Path) -> ExitCode {
    match marquee_sample::write_marketplace(folder) {
        Ok(written) => {
            println!("{}: {} talents", folder.display(), written.talents.len());
            ExitCode::SUCCESS
        }
        Err(error) => failed(&format!("{}: {error}", folder.display())),
    }
}

/// One rule a line, as the core exports: pretty JSON of 100,000 rules is more than the API takes.
fn text(set: &RuleSet) -> io::Result<Vec<u8>> {
    let RuleSet {
        brand,
        settings,
        rules,
    } = set;
    let mut text = Vec::new();
    write!(
        text,
        "{{\"brand\":{},\n\"settings\":{},\n\"rules\":[",
        serde_json::to_string(brand)?,
        serde_json::to_string(settings)?
    )?;
    for (index, rule) in rules.iter().enumerate() {
        text.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut text, rule)?;
    }
    text.extend_from_slice(b"\n]}\n");
    Ok(text)
}

fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
