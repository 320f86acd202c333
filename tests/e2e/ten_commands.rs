//! The README's way from an empty brand to a canary, line by line: what it shows is what is printed.

use std::fs;

use marquee_tests::e2e::Platform;
use marquee_tests::process::root;

const CHAPTER: &str = "## From an empty brand to a canary";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readmes_ten_commands_print_what_it_shows() {
    let steps = steps();
    assert_eq!(steps.len(), 10);
    let platform = Platform::start("ten-commands").await;

    for Step { command, output } in steps {
        let printed = platform.core.shell(&command);

        // 3: there are findings, which some of these commands are there to show.
        assert!(matches!(printed.code, Some(0 | 3)), "{command}: {printed:?}");
        // What hits have come is the visitors' doing.
        if !command.starts_with("marquee hits ") {
            assert_eq!(settled(&printed.out), settled(&output), "{command}: {printed:?}");
        }
    }
}

struct Step {
    command: String,
    output: String,
}

/// The commands of the chapter's consoles, each with what it prints.
fn steps() -> Vec<Step> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let chapter = readme.split(CHAPTER).nth(1).expect("the chapter");
    let chapter = chapter.split("\n## ").next().unwrap();
    let mut steps: Vec<Step> = Vec::new();
    // Every other piece is between fences; what sends visitors is none of the ten.
    let fenced = chapter.split("```").skip(1).step_by(2);
    for console in fenced.filter(|console| console.starts_with("console\n$ marquee ")) {
        for line in console.strip_prefix("console\n").into_iter().flat_map(str::lines) {
            match (line.strip_prefix("$ marquee "), steps.last_mut()) {
                (Some(rest), _) => steps.push(Step {
                    command: format!("marquee {rest}"),
                    output: String::new(),
                }),
                (None, Some(step)) => step.output += &format!("{line}\n"),
                (None, None) => panic!("output before a command: {line}"),
            }
        }
    }
    steps
}

/// Without what is another on another day and in another database: times and sequences.
fn settled(text: &str) -> String {
    let words = |line: &str| {
        let mut after_sequence = false;
        let words = line.trim_end().split(' ').map(|word| {
            let number = after_sequence;
            after_sequence = word == "sequence";
            if number || word.starts_with("20") && word.ends_with('Z') {
                "…"
            } else {
                word
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.trim().lines().map(words).collect::<Vec<_>>().join("\n")
}
