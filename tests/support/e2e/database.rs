use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;

/// A database of a test's own on the server of `DATABASE_URL`; dropped with it.
pub struct Database {
    url: Url,
    name: String,
}

impl Database {
    pub async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("marquee_e2e_{}_{count}", std::process::id());
        let server = server();
        let mut conn = PgConnection::connect(server.as_str())
            .await
            .expect("the Postgres of DATABASE_URL");
        conn.execute(AssertSqlSafe(format!("create database {name}")))
            .await
            .expect("a database of our own");
        let mut url = server;
        url.set_path(&name);
        Self { url, name }
    }

    /// One that somebody else makes; dropped with this if it is there.
    pub fn named(name: String) -> Self {
        let url = Self::address(&name);
        Self { url, name }
    }

    /// Of a database of that name on the same server.
    pub fn address(name: &str) -> Url {
        let mut url = server();
        url.set_path(name);
        url
    }

    /// Makes `minutes` pass while the program is dead: leases that it holds lapse, and what runs by the clock is due.
    pub async fn pass_minutes(&self, minutes: i32) {
        let leases = [
            "update platform.job set leased_until = leased_until - make_interval(mins => $1)",
            "update redirects.manifest set leased_until = leased_until - make_interval(mins => $1)",
            "update payments.operation set leased_until = leased_until - make_interval(mins => $1)",
        ];
        self.pass(minutes, &leases).await;
        self.pass_waits(minutes).await;
    }

    /// Makes `minutes` of waiting pass while the program lives. Nothing that it holds is taken from it: work that
    /// lasts longer than the time between two calls would never be done.
    pub async fn pass_waits(&self, minutes: i32) {
        let waits = [
            "update platform.cron set tick_at = tick_at - make_interval(mins => $1)",
            "update payments.operation set due_at = due_at - make_interval(mins => $1)",
            "update payments.notice set due_at = due_at - make_interval(mins => $1)",
            "update sandbox.event set due_at = due_at - make_interval(mins => $1)",
        ];
        self.pass(minutes, &waits).await;
    }

    async fn pass(&self, minutes: i32, columns: &[&'static str]) {
        let mut conn = PgConnection::connect(self.url.as_str())
            .await
            .expect("our database");
        for &ages in columns {
            sqlx::query(ages)
                .bind(minutes)
                .execute(&mut conn)
                .await
                .expect(ages);
        }
    }

    /// Changes what is in it, behind everybody's back.
    pub async fn run(&self, sql: &'static str) {
        let mut conn = PgConnection::connect(self.url.as_str())
            .await
            .expect("our database");
        conn.execute(sql).await.expect(sql);
    }

    /// As `DATABASE_URL` takes it.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        // Drop cannot await, and the test's runtime is busy dropping us.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut conn = PgConnection::connect(server().as_str()).await?;
                conn.execute(AssertSqlSafe(drop)).await.map(|_| ())
            })
        });
        let dropped: Result<(), sqlx::Error> = dropped.join().expect("the thread that drops a database");
        if let Err(error) = dropped {
            eprintln!("{} was not dropped: {error}", self.name);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "where sqlx's own tests look, too")]
fn server() -> Url {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL: run `cargo xtask test`");
    url.parse().expect("DATABASE_URL is a URL")
}
