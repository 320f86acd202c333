//! Talents as years of applications leave them, written by SQL: by the API they would take an hour.

use anyhow::{Context, Result};
use sqlx::{Executor as _, PgPool};

pub(super) const CATEGORIES: [&str; 11] = [
    "youtubers",
    "influencers",
    "actors",
    "comedians",
    "voice_actors",
    "athletes",
    "musicians",
    "presenters",
    "politicians",
    "charity",
    "pro_players",
];
/// Without accents, as many type them; in the database they have them.
pub(super) const FIRST: [&str; 30] = [
    "ana", "antonia", "beatriz", "benicio", "caio", "cecilia", "davi", "elisa", "fabio", "flavia", "giovana",
    "heitor", "iara", "joao", "julia", "kaue", "livia", "luis", "marcia", "nadia", "otavio", "priscila",
    "raul", "sonia", "tomas", "ursula", "valdir", "wanda", "yasmin", "zeca",
];
pub(super) const LAST: [&str; 40] = [
    "araujo",
    "barreto",
    "cardoso",
    "conceicao",
    "damasceno",
    "duarte",
    "esteves",
    "falcao",
    "figueiredo",
    "guimaraes",
    "holanda",
    "ibiapina",
    "jardim",
    "junqueira",
    "lacerda",
    "lima",
    "machado",
    "magalhaes",
    "menezes",
    "nobrega",
    "nogueira",
    "ourique",
    "pacheco",
    "paranhos",
    "peixoto",
    "queiros",
    "ramalho",
    "rezende",
    "sampaio",
    "saraiva",
    "silveira",
    "teixeira",
    "tavares",
    "uchoa",
    "valadares",
    "vasconcelos",
    "vidigal",
    "xavier",
    "zanetti",
    "ximenes",
];
/// Of which descriptions are made, the first in most of them.
pub(super) const WORDS: [&str; 24] = [
    "video",
    "recado",
    "aniversario",
    "parabens",
    "familia",
    "musica",
    "violao",
    "humor",
    "teatro",
    "novela",
    "treino",
    "corrida",
    "futebol",
    "canal",
    "dicas",
    "viagem",
    "receita",
    "poesia",
    "samba",
    "forro",
    "imitacao",
    "dublagem",
    "xadrez",
    "origami",
];

/// Makes so many talents, each a person.
pub async fn fill(db: &PgPool, talents: i32) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(PEOPLE)
        .bind(talents)
        .execute(&mut *tx)
        .await
        .context("filling people")?;
    sqlx::query(TALENTS)
        .bind(talents)
        .bind(accented(&FIRST))
        .bind(accented(&LAST))
        .bind(&WORDS[..])
        .execute(&mut *tx)
        .await
        .context("filling talents")?;
    sqlx::query(SHELVES)
        .bind(&CATEGORIES[..])
        .execute(&mut *tx)
        .await
        .context("filling categories")?;
    tx.commit().await?;
    for table in ["accounts.person", "catalogue.talent", "catalogue.talent_category"] {
        db.execute(sqlx::AssertSqlSafe(format!("vacuum (analyze) {table}")))
            .await
            .context("gathering statistics")?;
    }
    Ok(())
}

/// As people write their names.
fn accented(names: &[&str]) -> Vec<String> {
    let written = |name: &&str| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let name: String = first.into_iter().chain(letters).collect();
        name.replace("cao", "ção")
            .replace("aujo", "aújo")
            .replace("arcia", "árcia")
    };
    names.iter().map(written).collect()
}

/// $1 how many. One in a hundred is suspended.
const PEOPLE: &str = "
    insert into accounts.person (id, email, name, locale, created_at, suspended_at)
    select
        ('0198d3a2-6f0e-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'talent-' || n || '@bench.example',
        'Talent ' || n, 'pt-BR', now() - interval '1 year', case when hashint4(n) % 100 = 0 then now() end
    from generate_series(1, $1) as n";

/// $1 how many, $2 first names, $3 last names, $4 words.
const TALENTS: &str = "
    insert into catalogue.talent (
        id, person_id, name, description, price_minor, currency, available, weekly_capacity, delivery_days, network,
        handle, followers, phone, created_at
    )
    select
        ('0198d3a2-6f0f-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        ('0198d3a2-6f0e-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        $2[1 + dice[1] % cardinality($2)] || ' ' || $3[1 + dice[2] % cardinality($3)]
            || case when dice[3] % 3 > 0 then ' ' || $3[1 + dice[4] % cardinality($3)] else '' end,
        'Oi! ' || (
            select coalesce(string_agg(word, ' ' order by place), '')
            from unnest($4) with ordinality as words (word, place)
            -- The first word in two of three, the last in one of fifty.
            where abs(hashint8(n::bigint * 1000 + place)::bigint) % 100 < greatest(2, 66 / place)
        ),
        case when priced then 2500 + 500 * (dice[5] % 300) end,
        case when priced then case when dice[6] % 20 = 0 then 'USD' else 'BRL' end end,
        dice[7] % 100 < 85, 1 + dice[8] % 40, 1 + dice[9] % 10, 'instagram', 'talent' || n, dice[10] % 1000000,
        '+55110000' || lpad((n % 100000)::text, 5, '0'), now() - n * interval '1 minute'
    from generate_series(1, $1) as n
    cross join lateral (
        select array_agg((abs(hashint8(n::bigint * 16 + side)::bigint) % 1000003)::integer order by side) as dice
        from generate_series(1, 10) as side
    ) as thrown
    cross join lateral (select dice[1] % 100 >= 3 as priced) as has";

/// Each in one category, two of five in another, too. $1 the categories.
const SHELVES: &str = "
    insert into catalogue.talent_category (talent_id, category)
    select id, $1[1 + abs(hashtext(id::text)::bigint) % cardinality($1)] from catalogue.talent
    union
    select id, $1[1 + abs(hashtext('other ' || id)::bigint) % cardinality($1)]
    from catalogue.talent
    where abs(hashtext('has ' || id)::bigint) % 5 < 2";
