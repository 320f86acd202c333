//! The video of an order, sent in parts.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::Market;
use crate::videos::{good, stored};

impl Market {
    async fn with_upload(
        &self,
        method: Method,
        upload: &str,
        what: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let path = format!("/v1/uploads/{upload}{what}");
        let (status, answer) = self.app.call_as(&self.talent_token, method, &path, body).await;
        (status.as_u16(), answer)
    }

    /// In two parts by links; nobody has said that they are there.
    async fn put_in_parts(&self, upload: &str, file: &[u8]) {
        let halves = file.split_at(file.len() / 2);
        let part = |number: i32, bytes: &[u8]| json!({ "number": number, "size_bytes": bytes.len() });
        let body = json!({ "parts": [part(1, halves.0), part(2, halves.1)] });
        let (status, links) = self.with_upload(Method::POST, upload, "/parts", Some(body)).await;
        assert_eq!(status, 200, "{links}");
        for (link, bytes) in links["parts"]
            .as_array()
            .unwrap()
            .iter()
            .zip([halves.0, halves.1])
        {
            let url = link["url"].as_str().unwrap();
            let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
            let request = self
                .app
                .anonymous(Method::PUT, path)
                .header(header::CONTENT_TYPE, "application/octet-stream");
            let answer = self
                .app
                .send(request.body(Body::from(bytes.to_vec())).unwrap())
                .await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_uploads_in_parts_the_order_takes_the_one_that_was_announced_last(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let file = good();
    let (_, first) = market.announce(&order, file.len()).await;
    let first = first["id"].as_str().unwrap();
    market.put_in_parts(first, &file).await;

    let (status, second) = market.announce(&order, file.len()).await;
    assert_eq!(status, StatusCode::CREATED, "{second}");
    let second = second["id"].as_str().unwrap();
    market.put_in_parts(second, &file).await;
    let (status, problem) = market.with_upload(Method::POST, first, "/complete", None).await;
    assert_eq!((status, &problem["code"]), (409, &json!("upload_not_open")));
    let (status, upload) = market.with_upload(Method::POST, second, "/complete", None).await;
    assert_eq!(status, 200, "{upload}");

    let (status, problem) = market.announce(&order, file.len()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("video_exists"))
    );
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");
    let (_, upload) = market.with_upload(Method::GET, first, "", None).await;
    assert_eq!(upload["status"], "aborted");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_that_an_order_was_told_of_is_not_taken_back(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let upload = market.sent(&order, good()).await;

    let (status, problem) = market.with_upload(Method::DELETE, &upload, "", None).await;
    assert_eq!((status, &problem["code"]), (409, &json!("upload_received")));
    let (status, problem) = market
        .app
        .post(&format!("/v1/uploads/{upload}/abort"), json!({}))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("upload_received"))
    );

    assert_eq!(stored(&market.app), 1);
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");
}
