use super::{Agency, Application, Category, Marketplace, Member, Person, Price, Reach, Talent, film};
use crate::random::Random;

const TALENTS: usize = 40;
const CUSTOMERS: usize = 10;
/// The same people each time.
const SEED: u64 = 40;

/// As viggio had them, and what they are called in English; with what somebody of each says of themselves.
const CATEGORIES: [(&str, &str, &str, &str); 11] = [
    (
        "youtubers",
        "Youtubers",
        "YouTubers",
        "Toda semana um vídeo novo no meu canal, e agora um só para você.",
    ),
    (
        "influencers",
        "Influencers",
        "Influencers",
        "Mostro o meu dia, dou dicas e mando recados com muito carinho.",
    ),
    (
        "actors",
        "Atores",
        "Actors",
        "Do teatro às novelas: leio a sua mensagem como se fosse uma cena.",
    ),
    (
        "comedians",
        "Comediantes",
        "Comedians",
        "Conto piada, imito o seu chefe e canto parabéns desafinado.",
    ),
    (
        "voice_actors",
        "Dubladores",
        "Voice actors",
        "A voz daquele personagem da sua infância deseja feliz aniversário.",
    ),
    (
        "athletes",
        "Atletas",
        "Athletes",
        "Incentivo para a prova, para o treino ou para a segunda-feira.",
    ),
    (
        "musicians",
        "Músicos",
        "Musicians",
        "Uma canção ao violão com o nome de quem você ama.",
    ),
    (
        "presenters",
        "Apresentadores",
        "Presenters",
        "Boa noite! No ar, em edição especial, a notícia da sua festa.",
    ),
    (
        "politicians",
        "Políticos",
        "Politicians",
        "Um abraço à família e um discurso curto, prometo.",
    ),
    (
        "charity",
        "Caridade",
        "Charity",
        "Tudo o que recebo vai para um projeto do meu bairro.",
    ),
    (
        "pro_players",
        "Pro players",
        "Pro players",
        "Chamo o seu time para a vitória: GG, bora jogar!",
    ),
];

const FIRST: [&str; 40] = [
    "Aurora",
    "Benício",
    "Cecília",
    "Davi",
    "Elisa",
    "Fábio",
    "Giovana",
    "Heitor",
    "Iara",
    "João",
    "Kauê",
    "Lívia",
    "Moacir",
    "Nádia",
    "Otávio",
    "Priscila",
    "Quitéria",
    "Raul",
    "Sônia",
    "Tomás",
    "Úrsula",
    "Valdir",
    "Wanda",
    "Xavier",
    "Yasmin",
    "Zeca",
    "Antônia",
    "Breno",
    "Célia",
    "Dirceu",
    "Estela",
    "Flávio",
    "Graça",
    "Hugo",
    "Inês",
    "Jandira",
    "Luís",
    "Márcia",
    "Nélson",
    "Olívia",
];
const LAST: [&str; 20] = [
    "Araújo",
    "Barreto",
    "Conceição",
    "Damasceno",
    "Esteves",
    "Falcão",
    "Guimarães",
    "Holanda",
    "Ibiapina",
    "Jardim",
    "Lacerda",
    "Magalhães",
    "Nóbrega",
    "Ourique",
    "Paranhos",
    "Queirós",
    "Ramalho",
    "Sampaio",
    "Teixeira",
    "Vidigal",
];
const NETWORKS: [&str; 6] = ["instagram", "tiktok", "youtube", "twitch", "kwai", "facebook"];

/// Whom an agency has, and what of each sale it gets.
const AGENCIES: [(&str, i32, [&str; 2]); 4] = [
    ("Agência Aurora", 500, ["Beatriz Lopes", "Caio Mendes"]),
    ("Bossa Produções", 1000, ["Dora Pacheco", ""]),
    ("Estúdio Caju", 750, ["Enzo Carvalho", ""]),
    ("Norte & Sul", 1500, ["Fernanda Rocha", "Gil Tavares"]),
];
/// How many talents each has; the rest act for themselves.
const MEMBERS: usize = 6;

const EVERYTHING: &[&str] = &[
    "rules.read",
    "rules.edit",
    "rules.publish",
    "rules.approve",
    "brands.manage",
    "hits.read",
    "videos.manage",
    "webhooks.manage",
    "staff.manage",
    "people.manage",
    "catalogue.manage",
    "talents.manage",
    "applications.review",
    "agencies.manage",
    "shares.manage",
    "people.erase",
    "keys.manage",
    "mail.manage",
    "jobs.manage",
    "audit.read",
];

/// 40 talents in 11 categories, 4 agencies, 10 customers, 2 members of the staff and 4 who want to become talents.
#[must_use]
pub fn marketplace() -> Marketplace {
    let mut random = Random::new(SEED);
    let talents: Vec<Talent> = (0..TALENTS).map(|number| talent(&mut random, number)).collect();
    let agencies = AGENCIES
        .iter()
        .enumerate()
        .map(|(number, (name, share_bp, managers))| Agency {
            name,
            share_bp: *share_bp,
            managers: managers
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| person(name, "agencia.example"))
                .collect(),
            members: talents
                .iter()
                .skip(number * MEMBERS)
                .take(MEMBERS)
                .map(|talent| talent.person.email.clone())
                .collect(),
        });
    Marketplace {
        password: "sapoti-trovao-parafuso-81",
        categories: CATEGORIES
            .iter()
            .map(|(slug, pt_br, en, _)| Category { slug, pt_br, en })
            .collect(),
        customers: (0..CUSTOMERS)
            .map(|number| customer(&mut random, number))
            .collect(),
        staff: vec![
            Member {
                person: Person {
                    locale: "en",
                    ..person("Olga Prado", "marquee.example")
                },
                grants: EVERYTHING.to_vec(),
            },
            Member {
                person: person("Pedro Salles", "marquee.example"),
                grants: vec![
                    "applications.review",
                    "talents.manage",
                    "rules.read@acme",
                    "hits.read@acme",
                ],
            },
        ],
        agencies: agencies.collect(),
        applications: (0..4).map(|number| application(&mut random, number)).collect(),
        talents,
    }
}

fn talent(random: &mut Random, number: usize) -> Talent {
    let name = format!("{} {}", FIRST[number], LAST[random.below(LAST.len())]);
    let own = number % CATEGORIES.len();
    let mut categories = vec![own];
    if random.percent(40) {
        categories.push((own + 1 + random.below(CATEGORIES.len() - 1)) % CATEGORIES.len());
    }
    let says: Vec<&str> = categories.iter().map(|at| CATEGORIES[*at].3).collect();
    Talent {
        description: format!("Oi, aqui é {}! {}", FIRST[number], says.join(" ")),
        // 25 to 1500 reais, and more of the cheap.
        price: Price {
            amount_minor: 500 * (5 + random.skewed(296) as i64),
            currency: "BRL",
        },
        available: number % 13 != 12,
        weekly_capacity: random.percent(60).then(|| random.between(3..=40) as i32),
        delivery_days: random.between(1..=10) as i32,
        categories: categories.iter().map(|at| CATEGORIES[*at].0).collect(),
        reach: reach(random, &name, number),
        share_bp: (number % 10 == 7).then_some(8_000),
        film: film::name(number % film::FILMS),
        person: person(&name, "talento.example"),
    }
}

fn customer(random: &mut Random, number: usize) -> Person {
    let name = format!("{} {}", FIRST[39 - 3 * number], LAST[random.below(LAST.len())]);
    let locale = if number % 5 == 4 { "en" } else { "pt-BR" };
    let person = person(&name, "cliente.example");
    Person {
        locale,
        // Most who only buy show none.
        picture: person.picture.filter(|_| number.is_multiple_of(3)),
        ..person
    }
}

fn application(random: &mut Random, number: usize) -> Application {
    let name = format!(
        "{} {}",
        FIRST[5 * number + 2],
        LAST[(7 * number + 3) % LAST.len()]
    );
    let category = CATEGORIES[random.below(CATEGORIES.len())];
    Application {
        reach: reach(random, &name, TALENTS + number),
        message: format!("Quero participar. {}", category.3),
        person: Person {
            picture: None,
            ..person(&name, "candidato.example")
        },
    }
}

fn reach(random: &mut Random, name: &str, number: usize) -> Reach {
    Reach {
        network: NETWORKS[random.below(NETWORKS.len())],
        handle: plain(name).replace('.', "_"),
        followers: 1_000 * (1 + random.skewed(4_000) as i64),
        // No number in Brazil begins with 0 after the area's code: nobody has these.
        phone: format!("+55110000{:05}", 10_000 + number),
    }
}

fn person(name: &str, domain: &str) -> Person {
    let local = plain(name);
    let kind = domain.split('.').next().unwrap_or_default();
    Person {
        email: format!("{local}@{domain}"),
        name: name.to_owned(),
        locale: "pt-BR",
        picture: Some(format!("pictures/{kind}-{local}.png")),
    }
}

/// As in an address: small letters without accents, dots for blanks.
fn plain(name: &str) -> String {
    let plain = |char: char| match char {
        ' ' => '.',
        'á' | 'â' | 'ã' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' => 'u',
        'ç' => 'c',
        char => char,
    };
    name.to_lowercase().chars().map(plain).collect()
}
