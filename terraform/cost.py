"""What Marquee costs a month, by how many redirects there are: prices and assumptions from prices.json, sizes from what
`envs/` say is run. Prints COST.md, or with `--check` fails unless COST.md is what it would print.

    target/tools/terraform/bin/python terraform/cost.py >terraform/COST.md

`cargo xtask terraform` checks it; it needs hcl2, which checkov brings."""

import json
import math
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import hcl2

HERE = Path(__file__).parent
HOURS = 730
MONTH_SECONDS = 30 * 24 * 60 * 60
VOLUMES = [1_000_000, 10_000_000, 100_000_000]
FACTS = json.loads((HERE / "prices.json").read_text())
PRICES, ASSUMED = FACTS["prices"], {name: entry["value"] for name, entry in FACTS["assumptions"].items()}


def price(name):
    return Decimal(PRICES[name]["usd"])


def usd(amount):
    """Rounded as money is: a half up."""
    return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def environment(name):
    """The arguments of the module `environment` in envs/NAME/main.tf."""
    with (HERE / "envs" / name / "main.tf").open() as file:
        module = hcl2.load(file)["module"][0]["environment"]
    return {key: value[0] for key, value in module.items() if isinstance(value, list)}


class Line:
    """A line of a bill: so many of what has a price, of which some may be included."""

    def __init__(self, what, name, count, unit=1, how=""):
        self.what, self.name, self.how = what, name, how
        self.count = Decimal(str(count))
        self.included = Decimal(PRICES[name].get("included", 0))
        self.unit = unit

    def cost(self):
        return max(self.count - self.included, Decimal(0)) / self.unit * price(self.name)

    def arithmetic(self):
        per = f" / {self.unit:,}" if self.unit != 1 else ""
        count = f"{self.count.normalize():,f}"
        paid = f"max({count} − {self.included:,}, 0)" if self.included else count
        return f"{paid}{per} × {price(self.name)}"


def edge(redirects):
    """What grows with redirects."""
    million = 1_000_000
    # A batch waits for ten seconds at most (wrangler.toml), and takes a hundred hits.
    batch = min(100, max(1, math.floor(redirects / MONTH_SECONDS * 10)))
    messages = math.ceil(redirects / batch)
    awake = ASSUMED["warm_isolates"] * MONTH_SECONDS // 30
    reads = min(redirects * ASSUMED["cold_reads"], awake)
    bytes_each = ASSUMED["hit_bytes"] * batch
    assert bytes_each <= 64 * 1024, "a message is billed as one"
    return [
        Line("edge: requests", "workers_requests", redirects + messages, million, f"redirects, and {messages:,} batches of hits"),
        Line("edge: CPU", "workers_cpu", round(redirects * ASSUMED["cpu_ms"]), million, "`cpu_ms` each"),
        Line("edge: logs", "workers_logs", redirects // 10 + messages, million, "a tenth of requests, and each batch"),
        Line("edge: KV reads", "kv_reads", reads, million, "`cold_reads` each, and no more than `warm_isolates` make"),
        Line("hits: Cloudflare's queue", "queue_operations", redirects * 3, million, "written, read, deleted"),
        Line("hits: SQS", "sqs_requests", messages * 3 + MONTH_SECONDS // 20 * 2, million,
             f"{batch} hits a message; sent, received, deleted; and two workers that ask every 20 s"),
        Line("hits: stored in Postgres", "rds_gb", round(redirects * ASSUMED["row_bytes"] / 1e9, 1) * 2, 1,
             "`row_bytes` for 30 days, in two zones"),
    ]


def core(name):
    """What is there whether anybody comes or not, with as many tasks as there are at least."""
    it = environment(name)
    sizes, database, network = it["sizes"], it["database"], it["network"]
    vcpus = sum(Decimal(size["cpu"]) / 1024 * size["least"] for size in sizes.values())
    memory = sum(Decimal(size["memory"]) / 1024 * size["least"] for size in sizes.values())
    zones = 2 if database["multi_az"] else 1
    endpoints = len(network.get("endpoints", [])) * 2
    lines = [
        Line("Fargate: processors", "fargate_vcpu", vcpus * HOURS, 1, f"{vcpus.normalize():f} vCPU"),
        Line("Fargate: memory", "fargate_gb", memory * HOURS, 1, f"{memory.normalize():f} GB"),
        Line("Postgres", f"rds_{database['instance_class']}", zones * HOURS, 1, f"{database['instance_class']} in {zones} zone(s)"),
        Line("Postgres: disk", "rds_gb", zones * database["storage_gb"], 1, f"{database['storage_gb']} GB in {zones} zone(s)"),
        Line("load balancer", "balancer", HOURS),
        Line("ways out (NAT)", "nat", network["nat_gateways"] * HOURS, 1, f"{network['nat_gateways']}"),
        Line("CloudWatch: metrics", "metric", ASSUMED["metrics"]),
        Line("CloudWatch: logs", "logs_gb", ASSUMED["log_gb"]),
        Line("Cloudflare's plan", "workers_plan", 1),
    ]
    return lines if endpoints == 0 else [*lines, Line("interface endpoints", "endpoint", endpoints * HOURS, 1, f"{endpoints // 2} in 2 zones")]


def videos(count):
    stored = count * ASSUMED["video_mb"] / 1000
    out = count * ASSUMED["views"] * 20 / 1000
    return [
        Line("S3: kept a month", "s3_gb", stored),
        Line("S3: watched, without a CDN", "s3_out", out),
        Line("CloudFront: watched, with one", "cdn_out", out),
    ]


def total(lines):
    return sum((line.cost() for line in lines), Decimal(0))


def table(lines):
    rows = [f"| {line.what} | {line.how} | {line.arithmetic()} | {usd(line.cost())} |" for line in lines]
    return ["| what | how much | arithmetic | USD a month |", "|---|---|---|---:|", *rows]


def mark(name):
    return f"`{name}`" + ("" if "source" in PRICES[name] else " \\*")


def document():
    fixed = {name: core(name) for name in ("production", "staging")}
    edges = {volume: edge(volume) for volume in VOLUMES}
    yield "# What it costs"
    yield ""
    yield "Made by `terraform/cost.py` from `prices.json` and the sizes in `envs/`; `cargo xtask terraform` fails when it is no longer"
    yield "what that prints. List prices of us-east-1 in US dollars, without tax, discounts, support and free tiers of a first year."
    yield ""
    yield "## A month of production, by redirects"
    yield ""
    yield "| | " + " | ".join(f"{volume // 1_000_000} M" for volume in VOLUMES) + " |"
    yield "|---|" + "---:|" * len(VOLUMES)
    for index, line in enumerate(edges[VOLUMES[0]]):
        yield f"| {line.what} | " + " | ".join(usd(edges[volume][index].cost()) for volume in VOLUMES) + " |"
    yield "| **grows with redirects** | " + " | ".join(f"**{usd(total(edges[volume]))}**" for volume in VOLUMES) + " |"
    yield "| the core, below | " + " | ".join(usd(total(fixed["production"])) for _ in VOLUMES) + " |"
    yield "| **in all** | " + " | ".join(f"**{usd(total(edges[volume]) + total(fixed['production']))}**" for volume in VOLUMES) + " |"
    yield ""
    yield "The core stays as it is: a worker stores far more hits a second than 100 M a month bring (`cargo xtask bench`). What grows is"
    yield "Cloudflare's queue, of which each hit takes three operations."
    for volume in (VOLUMES[0], VOLUMES[-1]):
        yield ""
        yield f"### {volume // 1_000_000} M redirects, line by line"
        yield ""
        yield from table(edges[volume])
    for name, lines in fixed.items():
        yield ""
        yield f"## The core of {name}, whether anybody comes or not"
        yield ""
        yield from table(lines)
        yield f"| **in all** | | | **{usd(total(lines))}** |"
    yield ""
    yield "Transcoding adds tasks while videos wait, three of four of them on Fargate Spot; they are gone when it is done."
    yield ""
    yield "## A thousand videos"
    yield ""
    yield "Watched by links of S3, or through the CDN that module `media` can make: one of the two last lines."
    yield ""
    yield from table(videos(1000))
    yield ""
    yield "## Prices"
    yield ""
    yield f"Seen {FACTS['seen']}. Those with \\* are assumptions that no source was found for: the last column says where to check."
    yield ""
    yield "| price | USD | for | source, or where to check |"
    yield "|---|---:|---|---|"
    for name, entry in PRICES.items():
        included = f"; {entry['included']:,} included" if "included" in entry else ""
        yield f"| {mark(name)} | {entry['usd']} | {entry['of']}{included} | {entry.get('source', entry.get('check'))} |"
    yield ""
    yield "## Assumptions"
    yield ""
    yield "| name | value | what | check it by |"
    yield "|---|---:|---|---|"
    for name, entry in FACTS["assumptions"].items():
        yield f"| `{name}` | {entry['value']} | {entry['says']} | {entry['check']} |"


def main():
    text = "\n".join(document()) + "\n"
    if "--check" not in sys.argv:
        sys.stdout.write(text)
    elif (HERE / "COST.md").read_text() != text:
        sys.exit("error: terraform/COST.md is not what terraform/cost.py prints: run it anew, its head says how")


main()
