//! Writes the sample rule sets as JSON files, each a whole brand: what `marquee rules import` takes.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: marquee-sample FOLDER [--rules NUMBER]";
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
        _ => return failed(USAGE),
    };
    for set in sets {
        let path = PathBuf::from(folder).join(format!("{}.json", set.brand));
        let written = serde_json::to_vec_pretty(&set)
            .map_err(std::io::Error::from)
            .and_then(|text| fs::write(&path, text));
        if let Err(error) = written {
            return failed(&format!("{}: {error}", path.display()));
        }
        println!("{}: {} rules", path.display(), set.rules.len());
    }
    ExitCode::SUCCESS
}

fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
